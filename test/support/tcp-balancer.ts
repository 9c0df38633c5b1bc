import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Forwards each connection to the next of several services, skipping those that refuse it. */
export class TcpBalancer {
  /** Number of connections by origin. */
  readonly taken = new Map<string, number>();
  private readonly sockets = new Set<Socket>();
  private next = 0;

  private constructor(
    private readonly server: Server,
    private readonly origins: readonly string[],
  ) {}

  static async over(origins: readonly string[]): Promise<TcpBalancer> {
    const server = createServer({ allowHalfOpen: true });
    const balancer = new TcpBalancer(server, origins);
    server.on('connection', (client) => {
      void balancer.forward(client);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return balancer;
  }

  get origin(): string {
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private async forward(client: Socket): Promise<void> {
    this.watch(client);
    const service = await this.connect();
    if (service === undefined) client.destroy();
    else join(client, service);
  }

  /** @returns undefined if every service refuses the connection */
  private async connect(): Promise<Socket | undefined> {
    this.next += 1;
    const turn = this.next % this.origins.length;
    for (const origin of [...this.origins.slice(turn), ...this.origins.slice(0, turn)]) {
      const { hostname, port } = new URL(origin);
      const service = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
      this.watch(service);
      if (await isTaken(service)) {
        this.taken.set(origin, (this.taken.get(origin) ?? 0) + 1);
        return service;
      }
    }
    return undefined;
  }

  private watch(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => undefined); // 'close' follows
    socket.once('close', () => this.sockets.delete(socket));
  }
}

function isTaken(socket: Socket): Promise<boolean> {
  return once(socket, 'connect').then(
    () => true,
    () => false,
  );
}

/** Forwards bytes, ends and resets in both directions. */
function join(one: Socket, other: Socket): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.pipe(to);
    from.once('close', (isBroken) => {
      if (isBroken) to.destroy();
    });
  }
}
