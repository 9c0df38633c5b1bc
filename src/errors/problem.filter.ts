import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Express, Request, Response } from 'express';
import { problemOfDatabaseError } from './database-problems.js';
import { allowedMethods } from '../common/http/allowed-methods.js';
import { requestId } from '../common/http/request-id.js';
import { Problem, RETRY_AFTER_ONE_SECOND } from '../common/errors/problem.js';

/** Every error leaves the service through here, and only as a problem of the catalogue. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemFilter.name);

  constructor(private readonly adapterHost: HttpAdapterHost) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    const request = host.switchToHttp().getRequest<Request>();
    const problem = this.problemOf(error, request);
    const body = problem.toBody(idOf(request, response));
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
    if (status === 404 || !canBeDecoded(request.path)) return this.noSuchRoute(request);
    if (status === 413) return new Problem('PAYLOAD_TOO_LARGE');
    if (status === 415) return new Problem('UNSUPPORTED_MEDIA_TYPE');
    if (status === 503) return notReady(error);
    if (status !== undefined && status >= 400 && status < 500) return new Problem('BAD_REQUEST');
    return problemOfDatabaseError(error) ?? new Problem('INTERNAL_ERROR', { cause: error });
  }

  private noSuchRoute(request: Request): Problem {
    const express = this.adapterHost.httpAdapter.getInstance<Express>();
    const allowed = allowedMethods(express, request.path).filter((method) => method !== request.method);
    if (allowed.length === 0) return new Problem('NOT_FOUND');
    return new Problem('METHOD_NOT_ALLOWED', { headers: { Allow: allowed.join(', ') } });
  }
}

/** What the limits refuse the log has not seen. */
function idOf(request: Request, response: Response): string {
  return typeof request.id === 'string' ? request.id : requestId(request, response);
}

/** A path that is no text in UTF-8 names nothing, and Express refuses it as a bad request. */
function canBeDecoded(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

/** The readiness check's refusal, with what each part that is down says of itself. */
function notReady(error: unknown): Problem {
  const { error: parts = {} } = (error as HttpException).getResponse() as {
    error?: Record<string, { message?: string }>;
  };
  const detail = Object.entries(parts).map(([part, { message }]) => `${part}: ${message ?? 'down'}`);
  return new Problem('SERVICE_UNAVAILABLE', { headers: RETRY_AFTER_ONE_SECOND, detail: detail.join('; ') });
}

/** Nest's own exceptions, and those that Express's parsers throw (`http-errors`). */
function httpStatusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  const { status, expose } = (error ?? {}) as { status?: unknown; expose?: unknown };
  return typeof status === 'number' && expose === true ? status : undefined;
}
