import { createServer, type RequestListener, type Server } from 'node:http';
import { Problem } from '../errors/problem.js';
import { HttpServerAdapter } from '../library-internals/http-server.adapter.js';
import { requestId } from './request-id.js';
import type { Environment } from '../../config/environment.js';

const MAX_HEADERS_TIMEOUT_MS = 10_000;
/** How often Node checks for late requests; its default of 30 s would double every timeout. */
const TIMEOUT_CHECK_INTERVAL_MS = 1000;

/** Express on an HTTP server with timeouts for slow clients and a limit of connections. */
export class LimitedExpressAdapter extends HttpServerAdapter {
  constructor(private readonly environment: Environment) {
    super();
  }

  protected override createHttpServer(express: RequestListener): Server {
    const { REQUEST_TIMEOUT, KEEP_ALIVE_TIMEOUT, MAX_CONNECTIONS } = this.environment;
    const requestTimeoutMs = REQUEST_TIMEOUT * 1000;
    const server = createServer(
      {
        requestTimeout: requestTimeoutMs,
        headersTimeout: Math.min(MAX_HEADERS_TIMEOUT_MS, requestTimeoutMs),
        keepAliveTimeout: KEEP_ALIVE_TIMEOUT * 1000,
        connectionsCheckingInterval: Math.min(TIMEOUT_CHECK_INTERVAL_MS, requestTimeoutMs / 2),
      },
      rejectInvalidUrls(express),
    );
    server.timeout = 2 * requestTimeoutMs; // closes silent connections, after the 408 response had time to be sent
    server.maxConnections = MAX_CONNECTIONS;
    server.maxHeadersCount = 0; // Node would ignore further headers silently; their total size is limited anyway
    return server;
  }
}

/** Express itself would answer a malformed absolute URL with an HTML page, before any middleware runs. */
function rejectInvalidUrls(express: RequestListener): RequestListener {
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
