import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import express, { type Request, type Response } from 'express';
import { isUtf8 } from 'node:buffer';
import type { Observable } from 'rxjs';
import { requestOf } from '../auth/caller.js';
import { Problem } from '../errors/problem.js';

const METHODS_WITH_BODY = new Set(['POST', 'PUT', 'PATCH']);

/** A body that arrives later than this is accepted only from a key that is still valid. */
const REVALIDATE_AFTER_MS = 50;

const parse = express.json({
  limit: '1mb',
  verify: (_request, _response, bytes) => {
    if (bytes.length === 0 || !isUtf8(bytes)) throw new Problem('INVALID_JSON');
  },
});

/**
 * Reads the body after the guard, so that the service parses nothing for unauthenticated clients. A client may send
 * the body half a minute after its headers; the key is checked again then, because revocations take effect within a
 * second.
 */
@Injectable()
export class JsonBodyInterceptor implements NestInterceptor {
  intercept(
    context: ExecutionContext,
    next: CallHandler,
  ): Observable<unknown> | Promise<Observable<unknown>> {
    const request = requestOf(context);
    if (!METHODS_WITH_BODY.has(request.method)) return next.handle();
    return this.read(context).then(() => next.handle());
  }

  private async read(context: ExecutionContext): Promise<void> {
    const startedAt = performance.now();
    const request = requestOf(context);
    await readBody(request, context.switchToHttp().getResponse<Response>());
    if (performance.now() - startedAt > REVALIDATE_AFTER_MS) await request.revalidateKey?.(context);
  }
}

/** @throws Problem UNSUPPORTED_MEDIA_TYPE, INVALID_JSON; errors of body-parser */
async function readBody(request: Request, response: Response): Promise<void> {
  if (hasBody(request) && !isJsonInUtf8(request)) throw new Problem('UNSUPPORTED_MEDIA_TYPE');
  await new Promise<void>((resolve, reject) => {
    parse(request, response, (error: unknown) => {
      if (error === undefined) resolve();
      else reject(toProblem(error));
    });
  });
  if (typeof request.body !== 'object' || request.body === null || Array.isArray(request.body)) {
    throw new Problem('INVALID_JSON');
  }
}

/** Checks the content type; JSON without a charset is in UTF-8 (RFC 8259). */
function isJsonInUtf8(request: Request): boolean {
  const [, charset = 'utf-8'] =
    /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(request.headers['content-type'] ?? '') ?? [];
  return request.is('application/json') === 'application/json' && charset.toLowerCase() === 'utf-8';
}

function hasBody(request: Request): boolean {
  return (
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0
  );
}

/** body-parser wraps what `verify` throws, and marks its own errors with a type. */
function toProblem(error: unknown): Error {
  const { type } = error as { type?: string };
  if (type === 'entity.parse.failed' || type === 'entity.verify.failed') return new Problem('INVALID_JSON');
  return error as Error;
}
