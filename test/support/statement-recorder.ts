import type { Socket } from 'node:net';
import { MessageReader } from './message-reader.js';
import { TcpProxy } from './tcp-proxy.js';

/** Types of the protocol messages that contain a statement. */
const QUERY = 'Q';
const PARSE = 'P';

/** A proxy between the service and its database that records every statement. */
export class StatementRecorder {
  /** Label for the statements that are recorded from now on. */
  occasion = 'start';
  /** The statements, with the occasions on which they were sent. */
  readonly statements = new Map<string, Set<string>>();
  private readonly readers = new WeakMap<Socket, MessageReader>();

  private constructor(private readonly proxy: TcpProxy) {}

  static async before(databaseUrl: string): Promise<StatementRecorder> {
    const proxy = await TcpProxy.to(databaseUrl);
    const recorder = new StatementRecorder(proxy);
    const record = recorder.record.bind(recorder);
    proxy.onClientBytes = (client, bytes) => {
      const reader = recorder.readers.get(client);
      if (reader === undefined)
        recorder.readers.set(client, new MessageReader(record, bytes, startupLength(bytes)));
      else reader.read(bytes);
      return undefined;
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

  private record(type: string, body: Buffer): void {
    if (type !== QUERY && type !== PARSE) return;
    const start = type === PARSE ? body.indexOf(0) + 1 : 0; // after the name of the prepared statement
    const text = body.toString('utf8', start, body.indexOf(0, start));
    const occasions = this.statements.get(text) ?? new Set();
    this.statements.set(text, occasions.add(this.occasion));
  }
}

/** The first message of a connection has a length but no type. */
function startupLength(bytes: Buffer): number {
  return bytes.readInt32BE(0);
}
