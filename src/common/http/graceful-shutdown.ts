import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { stopAccepting } from '../library-internals/node-server.js';

/** Time for requests that clients send on a kept-alive connection before they learn of the shutdown. */
const LAST_REQUESTS_MS = 250;
const IDLE_CHECK_INTERVAL_MS = 50;

/**
 * Lives as long as its connection. Responses are not keys of a Map: V8 keeps discarded hash tables, and the responses
 * in them, until it collects the old generation.
 */
interface Connection {
  /** The response to the latest request, until it is closed. */
  latest: ServerResponse | undefined;
}

/**
 * Ends an HTTP server without dropping a request. Node's own `close` would close idle connections at once, even when
 * their next request is on its way, and would leave `Connection: keep-alive` in the last responses.
 */
export class GracefulShutdown {
  private readonly connections = new Map<Socket, Connection>();
  private hasStarted = false;

  /** @param server not listening yet */
  constructor(private readonly server: Server) {
    server.on('connection', (socket) => {
      this.connections.set(socket, { latest: undefined });
      socket.once('close', () => this.connections.delete(socket));
    });
    server.prependListener('request', (request, response) => {
      this.watch(request, response);
    });
  }

  /** Accepts no new connections and announces `Connection: close`. Resolves when all connections are closed. */
  async drain(): Promise<void> {
    this.hasStarted = true;
    const closed = stopAccepting(this.server);
    for (const { latest } of this.connections.values()) if (latest !== undefined) announceClose(latest);
    let idleCheck: NodeJS.Timeout | undefined;
    const delay = setTimeout(() => {
      idleCheck = setInterval(() => {
        this.closeIdle();
      }, IDLE_CHECK_INTERVAL_MS);
    }, LAST_REQUESTS_MS);
    await closed;
    clearTimeout(delay);
    clearInterval(idleCheck);
  }

  private watch({ socket }: IncomingMessage, response: ServerResponse): void {
    const connection = this.connections.get(socket);
    if (connection === undefined) return;
    const { latest: previous } = connection;
    connection.latest = response;
    response.once('close', () => {
      if (connection.latest === response) connection.latest = undefined;
    });
    if (!this.hasStarted) return;
    if (previous?.headersSent === false) previous.removeHeader('Connection'); // no longer the last response
    announceClose(response);
  }

  /** Also closes connections that never sent a byte, which Node does not count as idle. */
  private closeIdle(): void {
    this.server.closeIdleConnections();
    for (const socket of this.connections.keys()) if (socket.bytesRead === 0) socket.destroy();
  }
}

function announceClose(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Connection', 'close');
}
