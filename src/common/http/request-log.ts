import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';
import { PARAMS_PROVIDER_TOKEN, PinoLogger } from 'nestjs-pino';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pinoHttp, type Options } from 'pino-http';
import { logDestination } from './bounded-log-destination.js';
import { requestId } from './request-id.js';

type LoggedRequest = IncomingMessage & { caller?: { organization_id: string; api_key_id: string } };

const SECRET_HEADERS = ['public-api-key', 'private-secret-key', 'authorization', 'cookie'];

/** Logs one line per request: caller, method, path and status. Never a body, a query string or a secret. */
export function requestLogOptions(level: string): { pinoHttp: Options; forRoutes: [] } {
  const options: Options = {
    level,
    stream: level === 'silent' ? { write: () => undefined } : logDestination(),
    genReqId: requestId,
    wrapSerializers: false, // pino-http's serializers would collect all headers, which are not logged
    serializers: {
      req: ({ id, method, originalUrl }: Request) => ({ id, method, path: originalUrl.split('?')[0] }),
      res: ({ statusCode }: { statusCode: number }) => ({ status: statusCode }),
      err: loggedError,
    },
    redact: SECRET_HEADERS.flatMap((name) => [
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
  return { pinoHttp: options, forRoutes: [] }; // no route for nestjs-pino: logRequests installs pino-http
}

/**
 * Gives each request its id and its log line. Not installed as a middleware of Nest, as nestjs-pino would do: Nest
 * keeps each request of a middleware in a WeakSet, and V8 does not free its entries before it collects the old
 * generation.
 */
export function logRequests(app: NestExpressApplication): void {
  const { pinoHttp: options } = app.get<ReturnType<typeof requestLogOptions>>(PARAMS_PROVIDER_TOKEN);
  const log = pinoHttp({ ...options, logger: PinoLogger.root });
  app.use((request: Request, response: Response, next: NextFunction) => {
    log(request, response);
    next();
  });
}

/** Called at the end of the request, after the guard has set the caller. */
function withCaller({ caller }: LoggedRequest, _response: ServerResponse, line: object): object {
  if (caller === undefined) return line;
  const { organization_id, api_key_id } = caller;
  return { organization_id, api_key_id, ...line };
}

/** Selects members, because database errors also contain the parameters of the statement, which are personal data. */
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
