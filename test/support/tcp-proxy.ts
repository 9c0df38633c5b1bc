import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Looks at what a client sends, and says where its connection is to be cut: before the bytes are forwarded, or after. */
export type Scissors = (client: Socket, bytes: Buffer) => 'before' | 'after' | undefined;

/** Stands between the service and its database, so that a test can cut the line. */
export class TcpProxy {
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;
  private readonly hushed = new WeakSet<Socket>();
  private silent = false;
  private port = 0;
  scissors: Scissors | undefined;
  /** Looks at what the database answers. */
  listener: ((database: Socket, bytes: Buffer) => void) | undefined;

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

  /** Every connection is cut, and new ones are refused. */
  async cut(): Promise<void> {
    const closed = new Promise((resolve) => this.server?.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  /** Connections stay, and nothing comes through any more, as after a cable was pulled. */
  hush(): void {
    this.silent = true;
    for (const socket of this.sockets) this.hushed.add(socket);
  }

  /** New connections get through; those from before never will. */
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
        if (from === database) this.listener?.(database, bytes);
        const cut = from === client ? this.scissors?.(client, bytes) : undefined;
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

  /** @param last what the database still gets; its answer is lost */
  private cutOne(client: Socket, database: Socket, last: Buffer | undefined): void {
    this.hushed.add(database).add(client);
    database.write(last ?? Buffer.alloc(0), () => client.destroy());
  }
}
