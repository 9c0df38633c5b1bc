import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Called with the bytes of a client. @returns whether to cut its connection, before or after they are forwarded */
export type ClientListener = (client: Socket, bytes: Buffer) => 'before' | 'after' | undefined;

/** A proxy between the service and its database, to observe or break their connections. */
export class TcpProxy {
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;
  private readonly hushed = new WeakSet<Socket>();
  private silent = false;
  private port = 0;
  onClientBytes: ClientListener | undefined;
  onDatabaseBytes: ((database: Socket, bytes: Buffer) => void) | undefined;

  private constructor(private readonly target: { host: string; port: number }) {}

  static async to(databaseUrl: string): Promise<TcpProxy> {
    const { hostname, port } = new URL(databaseUrl);
    const proxy = new TcpProxy({ host: hostname, port: Number(port) });
    await proxy.open();
    return proxy;
  }

  /** The same database, through the proxy. */
  url(databaseUrl: string): string {
    const changed = new URL(databaseUrl);
    changed.host = `127.0.0.1:${String(this.port)}`;
    return changed.href;
  }

  async open(): Promise<void> {
    this.silent = false;
    const server = createServer((client) => {
      this.forward(client);
    });
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
  }

  /** Closes every connection and refuses new ones. */
  async cut(): Promise<void> {
    const closed = new Promise((resolve) => this.server?.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  /** Keeps all connections open and forwards nothing, as after a network failure. */
  hush(): void {
    this.silent = true;
    for (const socket of this.sockets) this.hushed.add(socket);
  }

  /** Forwards the bytes of new connections again. Older connections stay silent. */
  heal(): void {
    this.silent = false;
  }

  private forward(client: Socket): void {
    const database = connect(this.target);
    for (const [from, to] of [
      [client, database],
      [database, client],
    ] as const) {
      this.sockets.add(from);
      from.on('data', (bytes) => {
        if (from === database) this.onDatabaseBytes?.(database, bytes);
        const cut = from === client ? this.onClientBytes?.(client, bytes) : undefined;
        if (cut !== undefined) this.cutOne(client, database, cut === 'after' ? bytes : undefined);
        else if (!this.silent && !this.hushed.has(from)) to.write(bytes);
      });
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
      from.on('error', () => undefined); // 'close' follows
    }
  }

  /** @param last forwarded to the database first; the client gets no answer */
  private cutOne(client: Socket, database: Socket, last: Buffer | undefined): void {
    this.hushed.add(database).add(client);
    database.write(last ?? Buffer.alloc(0), () => client.destroy());
  }
}
