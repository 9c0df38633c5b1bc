import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Server as TcpServer, type Socket } from 'node:net';

/** Milliseconds in which a kept connection may bring a request that was sent before its caller could know. */
const LAST_REQUESTS = 250;
/** Milliseconds between two looks for connections on which nothing happens. */
const LOOK_EVERY = 50;

/**
 * Kept as long as the connection is. In a Map into which each answer is put, and taken out, answers would live on: of such a
 * Map V8 leaves tables behind, each with a hold on the next, until it clears up the old generation.
 */
interface Connection {
  /** The answer to the request that came last, until it is closed. */
  latest: ServerResponse | undefined;
}

/**
 * Ends an HTTP server without dropping a request. Node's own `close` closes connections between two
 * requests at once, also one whose next request is on its way; and its answers still promise to keep theirs.
 */
export class GracefulShutdown {
  private readonly connections = new Map<Socket, Connection>();
  private begun = false;

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

  /** Takes no new connections, and says in each answer that it is the connection's last. Resolves when all are closed. */
  async drain(): Promise<void> {
    this.begun = true;
    const closed = new Promise((resolve) => TcpServer.prototype.close.call(this.server, resolve));
    for (const { latest } of this.connections.values()) if (latest !== undefined) closeAfter(latest);
    let sweep: NodeJS.Timeout | undefined;
    const wait = setTimeout(() => {
      sweep = setInterval(() => {
        this.closeIdle();
      }, LOOK_EVERY);
    }, LAST_REQUESTS);
    await closed;
    clearTimeout(wait);
    clearInterval(sweep);
  }

  private watch({ socket }: IncomingMessage, response: ServerResponse): void {
    const connection = this.connections.get(socket);
    if (connection === undefined) return;
    const { latest: before } = connection;
    connection.latest = response;
    response.once('close', () => {
      if (connection.latest === response) connection.latest = undefined;
    });
    if (!this.begun) return;
    if (before?.headersSent === false) before.removeHeader('Connection'); // it is no longer the last
    closeAfter(response);
  }

  /** Node counts a connection that never said anything as busy. */
  private closeIdle(): void {
    this.server.closeIdleConnections();
    for (const socket of this.connections.keys()) if (socket.bytesRead === 0) socket.destroy();
  }
}

function closeAfter(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Connection', 'close');
}
