import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Server as TcpServer, type Socket } from 'node:net';

/** Milliseconds in which a kept connection may bring a request that was sent before its caller could know. */
const LAST_REQUESTS = 250;
/** Milliseconds between two looks for connections on which nothing happens. */
const LOOK_EVERY = 50;

/**
 * Ends an HTTP server without dropping a request. Node's own `close` closes connections between two
 * requests at once, also one whose next request is on its way; and its answers still promise to keep theirs.
 */
export class LastAnswers {
  private readonly connections = new Set<Socket>();
  /** On each connection the answer to the request that came last. */
  private readonly latest = new Map<Socket, ServerResponse>();
  private begun = false;

  /** @param server not listening yet */
  constructor(private readonly server: Server) {
    server.on('connection', (socket) => {
      this.connections.add(socket);
      socket.once('close', () => this.connections.delete(socket));
    });
    server.prependListener('request', (request, response) => {
      this.watch(request, response);
    });
  }

  /** Takes no new connections, and says in each answer that it is the connection's last. Resolves when all are closed. */
  async give(): Promise<void> {
    this.begun = true;
    const closed = new Promise((resolve) => TcpServer.prototype.close.call(this.server, resolve));
    for (const response of this.latest.values()) closeAfter(response);
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
    const before = this.latest.get(socket);
    this.latest.set(socket, response);
    response.once('close', () => {
      if (this.latest.get(socket) === response) this.latest.delete(socket);
    });
    if (!this.begun) return;
    if (before?.headersSent === false) before.removeHeader('Connection'); // it is no longer the last
    closeAfter(response);
  }

  /** Node counts a connection that never said anything as busy. */
  private closeIdle(): void {
    this.server.closeIdleConnections();
    for (const socket of this.connections) if (socket.bytesRead === 0) socket.destroy();
  }
}

function closeAfter(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Connection', 'close');
}
