import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Express, Request, Response } from 'express';
import { problemOfDatabaseError } from './database-problems.js';
import { routesOf } from '../common/library-internals/express-routes.js';
import { requestId } from '../common/http/request-id.js';
import { Problem, RETRY_AFTER_ONE_SECOND } from '../common/errors/problem.js';

/** Converts every error to a problem of the catalogue. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemFilter.name);

  constructor(private readonly adapterHost: HttpAdapterHost) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    const request = host.switchToHttp().getRequest<Request>();
    const problem = this.problemOf(error, request);
    const body = problem.toBody(requestIdOf(request, response));
    if (problem.cause !== undefined && body.status >= 500)
      this.logger.error({ err: problem.cause }, problem.message);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    response
      .status(body.status)
      .set(problem.headers)
      .type('application/problem+json')
      .send(JSON.stringify(body));
  }

  private problemOf(error: unknown, request: Request): Problem {
    if (error instanceof Problem) return error;
    const status = httpStatusOf(error);
    if (status === 404 || !canBeDecoded(request.path)) return this.routeNotFound(request);
    if (status === 413) return new Problem('PAYLOAD_TOO_LARGE');
    if (status === 415) return new Problem('UNSUPPORTED_MEDIA_TYPE');
    if (status === 503) return notReadyProblem(error);
    if (status !== undefined && status >= 400 && status < 500) return new Problem('BAD_REQUEST');
    return problemOfDatabaseError(error) ?? new Problem('INTERNAL_ERROR', { cause: error });
  }

  private routeNotFound(request: Request): Problem {
    const express = this.adapterHost.httpAdapter.getInstance<Express>();
    const routes = routesOf(express).filter((route) => route.matches(request.path));
    const allowed = new Set(routes.flatMap(({ methods }) => methods));
    if (allowed.has('GET')) allowed.add('HEAD');
    allowed.delete(request.method);
    if (allowed.size === 0) return new Problem('NOT_FOUND');
    return new Problem('METHOD_NOT_ALLOWED', { headers: { Allow: [...allowed].sort().join(', ') } });
  }
}

/** Requests that a limit refuses have no id yet, because the log middleware sets it. */
function requestIdOf(request: Request, response: Response): string {
  return typeof request.id === 'string' ? request.id : requestId(request, response);
}

/** Express rejects a path that is not valid UTF-8 with 400, but such a route does not exist. */
function canBeDecoded(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

/** Returns the problem of a failed readiness check, with the message of each failed part. */
function notReadyProblem(error: unknown): Problem {
  const { error: parts = {} } = (error as HttpException).getResponse() as {
    error?: Record<string, { message?: string }>;
  };
  const detail = Object.entries(parts).map(([part, { message }]) => `${part}: ${message ?? 'down'}`);
  return new Problem('SERVICE_UNAVAILABLE', { headers: RETRY_AFTER_ONE_SECOND, detail: detail.join('; ') });
}

/** Returns the status of Nest's exceptions and of the `http-errors` of Express. */
function httpStatusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  const { status, expose } = (error ?? {}) as { status?: unknown; expose?: unknown };
  return typeof status === 'number' && expose === true ? status : undefined;
}
