import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import express, { type Request, type Response } from 'express';
import { isUtf8 } from 'node:buffer';
import type { Observable } from 'rxjs';
import { Problem } from '../errors/problem.js';

const WITH_BODY = new Set(['POST', 'PUT', 'PATCH']);

const parse = express.json({
  limit: '1mb',
  verify: (_request, _response, bytes) => {
    if (bytes.length === 0 || !isUtf8(bytes)) throw new Problem('INVALID_JSON');
  },
});

/** Reads the body only once the guard has let the caller in: strangers cannot make the service parse anything. */
@Injectable()
export class JsonBodyInterceptor implements NestInterceptor {
  intercept(
    context: ExecutionContext,
    next: CallHandler,
  ): Observable<unknown> | Promise<Observable<unknown>> {
    const request = context.switchToHttp().getRequest<Request>();
    if (!WITH_BODY.has(request.method)) return next.handle();
    return this.read(context).then(() => next.handle());
  }

  protected read(context: ExecutionContext): Promise<void> {
    const http = context.switchToHttp();
    return readBody(http.getRequest<Request>(), http.getResponse<Response>());
  }
}

async function readBody(request: Request, response: Response): Promise<void> {
  if (bodyIsSent(request) && !isJsonInUtf8(request)) throw new Problem('UNSUPPORTED_MEDIA_TYPE');
  await new Promise<void>((resolve, reject) => {
    parse(request, response, (error: unknown) => {
      if (error === undefined) resolve();
      else reject(asProblem(error));
    });
  });
  if (typeof request.body !== 'object' || request.body === null || Array.isArray(request.body)) {
    throw new Problem('INVALID_JSON');
  }
}

/** By its content type; JSON without a charset is in UTF-8 (RFC 8259). */
function isJsonInUtf8(request: Request): boolean {
  const [, charset = 'utf-8'] =
    /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(request.headers['content-type'] ?? '') ?? [];
  return request.is('application/json') === 'application/json' && charset.toLowerCase() === 'utf-8';
}

function bodyIsSent(request: Request): boolean {
  return (
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0
  );
}

/** body-parser wraps what `verify` throws, and marks its own errors with a type. */
function asProblem(error: unknown): Error {
  const { type } = error as { type?: string };
  if (type === 'entity.parse.failed' || type === 'entity.verify.failed') return new Problem('INVALID_JSON');
  return error as Error;
}
