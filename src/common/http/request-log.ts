import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Params } from 'nestjs-pino';
import { requestId } from './request-id.js';

type LoggedRequest = IncomingMessage & { caller?: { organization_id: string; api_key_id: string } };

const SECRETS = ['public-api-key', 'private-secret-key', 'authorization', 'cookie'];

/** One line a request: who, what, how it went. Never a body, a query (it may hold an e-mail) or a key. */
export function requestLog(level: string): Params {
  return {
    pinoHttp: {
      level,
      genReqId: requestId,
      serializers: {
        req: ({ id, method, url }: { id: string; method: string; url: string }) => ({
          id,
          method,
          path: url.split('?')[0],
        }),
        res: ({ statusCode }: { statusCode: number }) => ({ status: statusCode }),
      },
      redact: SECRETS.flatMap((name) => [
        `req.headers["${name}"]`,
        `headers["${name}"]`,
        `err.config.headers["${name}"]`,
      ]),
      customProps: ({ caller }: LoggedRequest) =>
        caller === undefined
          ? {}
          : { organization_id: caller.organization_id, api_key_id: caller.api_key_id },
      customLogLevel: (_request: IncomingMessage, { statusCode }: ServerResponse, error?: Error) =>
        statusCode >= 500 || error !== undefined ? 'error' : 'info',
      autoLogging: { ignore: ({ url }: IncomingMessage) => url?.startsWith('/health/') === true },
    },
  };
}
