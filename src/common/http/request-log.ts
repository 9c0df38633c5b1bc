import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Request } from 'express';
import type { Params } from 'nestjs-pino';
import pino from 'pino';
import { requestId } from './request-id.js';

type LoggedRequest = IncomingMessage & { caller?: { organization_id: string; api_key_id: string } };

const SECRETS = ['public-api-key', 'private-secret-key', 'authorization', 'cookie'];

/** Lines are written some at a time: each write costs a request as much as making its line. */
const WRITTEN_AT_ONCE = 8192;
/** Milliseconds after which what is there is written, however little; at an orderly end it is written too. */
const WRITTEN_AFTER = 100;

/** One line a request: who, what, how it went. Never a body, a query (it may hold an e-mail) or a key. */
export function requestLog(level: string): Params {
  return {
    pinoHttp: {
      level,
      stream: pino.destination({ minLength: WRITTEN_AT_ONCE, periodicFlush: WRITTEN_AFTER }),
      genReqId: requestId,
      wrapSerializers: false, // pino-http's own would gather all headers, and nothing is made of them
      serializers: {
        req: ({ id, method, originalUrl }: Request) => ({ id, method, path: originalUrl.split('?')[0] }),
        res: ({ statusCode }: { statusCode: number }) => ({ status: statusCode }),
        err: loggedError,
      },
      redact: SECRETS.flatMap((name) => [
        `req.headers["${name}"]`,
        `headers["${name}"]`,
        `err.config.headers["${name}"]`,
      ]),
      customSuccessObject: withCaller,
      customErrorObject: (request: LoggedRequest, response: ServerResponse, _error: Error, line: object) =>
        withCaller(request, response, line),
      customLogLevel: (_request: IncomingMessage, { statusCode }: ServerResponse, error?: Error) =>
        statusCode >= 500 || error !== undefined ? 'error' : 'info',
      autoLogging: { ignore: ({ url }: IncomingMessage) => url?.startsWith('/health/') === true },
    },
  };
}

/** At the end of the request, when the guard knows who asks. */
function withCaller({ caller }: LoggedRequest, _response: ServerResponse, line: object): object {
  if (caller === undefined) return line;
  const { organization_id, api_key_id } = caller;
  return { organization_id, api_key_id, ...line };
}

/** What helps to find a fault; a database error also carries the statement's parameters, which are personal data. */
function loggedError(error: Error & { code?: unknown; constraint?: unknown }): object {
  const { name, message, stack, code, constraint, cause } = error;
  return {
    type: name,
    message,
    code,
    constraint,
    stack,
    cause: cause instanceof Error ? cause.message : undefined,
  };
}
