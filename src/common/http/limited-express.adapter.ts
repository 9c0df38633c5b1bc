import { ExpressAdapter } from '@nestjs/platform-express';
import { createServer, type RequestListener } from 'node:http';
import { Problem } from '../errors/problem.js';
import { requestId } from './request-id.js';
import type { Environment } from '../../config/environment.js';

/** Milliseconds in which the headers have to arrive, at most. */
const HEADERS_TIMEOUT = 10_000;
/** Milliseconds between two looks for whoever is late; Node's own 30 s would double every time limit. */
const LOOK_EVERY = 1000;

/** Express on a server that does not wait for slow senders, and does not take connections without end. */
export class LimitedExpressAdapter extends ExpressAdapter {
  constructor(private readonly environment: Environment) {
    super();
  }

  override initHttpServer(): void {
    const { REQUEST_TIMEOUT, KEEP_ALIVE_TIMEOUT, MAX_CONNECTIONS } = this.environment;
    const requestTimeout = REQUEST_TIMEOUT * 1000;
    const server = createServer(
      {
        requestTimeout,
        headersTimeout: Math.min(HEADERS_TIMEOUT, requestTimeout),
        keepAliveTimeout: KEEP_ALIVE_TIMEOUT * 1000,
        connectionsCheckingInterval: Math.min(LOOK_EVERY, requestTimeout / 2),
      },
      namingAPath(this.getInstance<RequestListener>()),
    );
    server.timeout = 2 * requestTimeout; // nothing sent, nothing read: after the answer 408 had its chance
    server.maxConnections = MAX_CONNECTIONS;
    server.maxHeadersCount = 0; // none is dropped in silence: how many there may be the limit of their size says
    this.httpServer = server;
  }
}

/** What names an absolute URL that is none, Express answers by itself with a page, past everything in front of it. */
function namingAPath(express: RequestListener): RequestListener {
  return (request, response) => {
    const { url = '' } = request;
    if (url.startsWith('/') || url === '*' || URL.canParse(url)) {
      express(request, response);
      return;
    }
    const body = new Problem('NOT_FOUND').toBody(requestId(request, response));
    response.writeHead(body.status, { 'Content-Type': 'application/problem+json; charset=utf-8' });
    response.end(JSON.stringify(body));
  };
}
