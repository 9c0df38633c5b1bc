import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';
import { PARAMS_PROVIDER_TOKEN, PinoLogger } from 'nestjs-pino';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pinoHttp, type Options } from 'pino-http';
import { logDestination } from './bounded-log-destination.js';
import { requestId } from './request-id.js';

type LoggedRequest = IncomingMessage & { caller?: { organization_id: string; api_key_id: string } };

const SECRETS = ['public-api-key', 'private-secret-key', 'authorization', 'cookie'];

/** One line a request: who, what, how it went. Never a body, a query (it may hold an e-mail) or a key. */
export function requestLines(level: string): { pinoHttp: Options; forRoutes: [] } {
  const lines: Options = {
    level,
    stream: level === 'silent' ? { write: () => undefined } : logDestination(),
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
  };
  return { pinoHttp: lines, forRoutes: [] }; // logRequests has them
}

/**
 * Gives each request its id and its line. Not as a middleware of Nest, as which nestjs-pino would do it: of those Nest
 * keeps every request in a WeakSet, and V8 takes what is in one for alive until it clears up the old generation.
 */
export function logRequests(app: NestExpressApplication): void {
  const { pinoHttp: lines } = app.get<ReturnType<typeof requestLines>>(PARAMS_PROVIDER_TOKEN);
  const log = pinoHttp({ ...lines, logger: PinoLogger.root });
  app.use((request: Request, response: Response, next: NextFunction) => {
    log(request, response);
    next();
  });
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
