import type { Server } from 'node:http';
import { Server as TcpServer } from 'node:net';

/**
 * Stops accepting connections, but keeps the open ones; `close` of an HTTP server also closes idle connections, whose
 * next request may be on its way.
 * @returns a promise that resolves when all connections are closed
 */
export function stopAccepting(server: Server): Promise<void> {
  return new Promise((resolve) =>
    TcpServer.prototype.close.call(server, () => {
      resolve();
    }),
  );
}
