import type { PoolOptions, QueryConfig } from 'pg';
import { socketOf } from '../../common/library-internals/pg-socket.js';
import { ReplyTimeoutClient } from './reply-timeout-client.js';
import type { SessionSettings } from './session-settings.js';

/** A connection without a reply for this long is stalled: other connections are preferred for new reads. */
const STALLED_AFTER_MS = 5;

/** A connection of a PipelinedReader. It is opened by the first read, and reopened after it was lost. */
export class PipelinedConnection {
  /** Number of reads without a reply, and of those that are long-running. */
  pending = 0;
  pendingLongRunning = 0;
  /** When the last reply came, or the oldest pending read was sent. */
  private progressedAt = 0;
  private connecting: Promise<ReplyTimeoutClient> | undefined;
  private isCorked = false;

  constructor(private readonly options: PoolOptions) {}

  isStalled(): boolean {
    return this.pending > 0 && performance.now() - this.progressedAt > STALLED_AFTER_MS;
  }

  async query<Row>(
    settings: SessionSettings,
    statement: QueryConfig,
    isLongRunning: boolean,
  ): Promise<Row[]> {
    if (this.pending === 0) this.progressedAt = performance.now();
    this.pending += 1;
    this.pendingLongRunning += Number(isLongRunning);
    try {
      const client = await this.connect();
      this.flushAtEndOfTick(client);
      return await client.queryWithSettings<Row>(settings, statement);
    } finally {
      this.pending -= 1;
      this.pendingLongRunning -= Number(isLongRunning);
      this.progressedAt = performance.now();
    }
  }

  async end(): Promise<void> {
    const client = await this.connecting?.catch(() => undefined);
    await client?.end();
  }

  /** New reads open a new connection. Pending reads on this one are answered or time out. */
  retire(): void {
    const isIdle = this.pending === 0;
    const retired = this.connecting;
    this.connecting = undefined;
    retired
      ?.then(async (client) => {
        if (isIdle)
          socketOf(client).destroy(); // does not wait for the server as `end` does
        else await client.end();
      })
      .catch(() => undefined); // the pending reads have been rejected with the cause
  }

  private connect(): Promise<ReplyTimeoutClient> {
    if (this.connecting !== undefined) return this.connecting;
    const client = new ReplyTimeoutClient({ ...this.options, pipeline: true });
    const connecting = client.connect().then(() => client);
    const forget = (): void => {
      if (this.connecting === connecting) this.connecting = undefined;
    };
    connecting.then(() => client.once('end', forget), forget);
    this.connecting = connecting;
    return connecting;
  }

  /** Writes all reads of one iteration of the event loop to the socket at once. */
  private flushAtEndOfTick(client: ReplyTimeoutClient): void {
    if (this.isCorked) return;
    this.isCorked = true;
    const socket = socketOf(client);
    socket.cork();
    setImmediate(() => {
      this.isCorked = false;
      socket.uncork();
    });
  }
}
