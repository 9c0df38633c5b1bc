import type { Socket } from 'node:net';
import { MessageReader } from './message-reader.js';
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
  private readonly readers = new WeakMap<Socket, MessageReader>();

  private constructor(private readonly proxy: TcpProxy) {}

  static async before(databaseUrl: string): Promise<StatementRecorder> {
    const proxy = await TcpProxy.to(databaseUrl);
    const recorder = new StatementRecorder(proxy);
    const note = recorder.note.bind(recorder);
    proxy.scissors = (client, bytes) => {
      const reader = recorder.readers.get(client);
      if (reader === undefined)
        recorder.readers.set(client, new MessageReader(note, bytes, startupLength(bytes)));
      else reader.read(bytes);
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
