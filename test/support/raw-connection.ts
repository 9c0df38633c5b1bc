import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

/** A TCP connection to the service, to send any bytes at any speed. */
export class RawConnection {
  received = '';
  readonly closed: Promise<unknown>;

  private constructor(private readonly socket: Socket) {
    socket.setEncoding('utf8').on('data', (text: string) => {
      this.received += text;
    });
    socket.on('error', () => undefined); // 'close' follows
    this.closed = new Promise((resolve) => socket.once('close', resolve)); // events.once() would reject on an error
  }

  static async to(server: Server): Promise<RawConnection> {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const connection = new RawConnection(socket);
    await once(socket, 'connect');
    return connection;
  }

  send(text: string): void {
    if (this.socket.writable) this.socket.write(text);
  }

  /** Sends the text repeatedly until the connection is closed. */
  async trickle(text: string): Promise<void> {
    const timer = setInterval(() => {
      this.send(text);
    }, 20);
    await this.closed;
    clearInterval(timer);
  }

  async untilReceived(text: string): Promise<void> {
    while (!this.received.includes(text)) await once(this.socket, 'data');
  }

  async abort(): Promise<void> {
    this.socket.destroy();
    await this.closed;
  }
}
