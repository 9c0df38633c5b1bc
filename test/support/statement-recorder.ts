import type { Socket } from 'node:net';
import { TcpProxy } from './tcp-proxy.js';

/** Messages of PostgreSQL's protocol that bring a statement: Query, and Parse. */
const QUERY = 'Q';
const PARSE = 'P';

/** Stands between the service and its database, and notes every statement as it is sent. */
export class StatementRecorder {
  /** What is going on, to say so of the statements. */
  occasion = 'start';
  /** Each statement, and the occasions on which it was sent. */
  readonly statements = new Map<string, Set<string>>();
  private readonly unread = new WeakMap<Socket, Buffer>();

  private constructor(private readonly proxy: TcpProxy) {}

  static async before(databaseUrl: string): Promise<StatementRecorder> {
    const proxy = await TcpProxy.to(databaseUrl);
    const recorder = new StatementRecorder(proxy);
    proxy.scissors = (client, bytes) => {
      recorder.read(client, bytes);
      return undefined; // nothing is cut
    };
    return recorder;
  }

  url(databaseUrl: string): string {
    return this.proxy.url(databaseUrl);
  }

  forget(): void {
    this.statements.clear();
  }

  close(): Promise<void> {
    return this.proxy.cut();
  }

  private read(client: Socket, bytes: Buffer): void {
    const before = this.unread.get(client);
    let rest = before === undefined ? bytes.subarray(startupLength(bytes)) : Buffer.concat([before, bytes]);
    while (rest.length >= 5 && rest.length > rest.readInt32BE(1)) {
      const end = 1 + rest.readInt32BE(1);
      this.note(rest.toString('latin1', 0, 1), rest.subarray(5, end));
      rest = rest.subarray(end);
    }
    this.unread.set(client, rest);
  }

  private note(type: string, body: Buffer): void {
    if (type !== QUERY && type !== PARSE) return;
    const start = type === PARSE ? body.indexOf(0) + 1 : 0; // the name of a prepared statement comes first
    const text = body.toString('utf8', start, body.indexOf(0, start));
    const occasions = this.statements.get(text) ?? new Set();
    this.statements.set(text, occasions.add(this.occasion));
  }
}

/** The first message of a connection has no type. */
function startupLength(bytes: Buffer): number {
  return bytes.readInt32BE(0);
}
