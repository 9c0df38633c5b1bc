import type { Socket } from 'node:net';
import pg from 'pg';
import { MessageReader } from './message-reader.js';
import type { PlanNode } from './query-plan.js';
import { TcpProxy } from './tcp-proxy.js';

/** A plan as it was carried out. */
export interface ExecutedPlan {
  /** On what occasion. */
  occasion: string;
  statement: string;
  plan: ExecutedNode;
}

export interface ExecutedNode extends PlanNode {
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Join Filter'?: number;
  Plans?: ExecutedNode[];
}

const NOTICE = 'N';

/** PostgreSQL tells whoever asks for something how it did it; what triggers and foreign keys ask, too. */
const SETTINGS = {
  session_preload_libraries: 'auto_explain',
  'auto_explain.log_min_duration': '0',
  'auto_explain.log_analyze': 'on',
  'auto_explain.log_timing': 'off',
  'auto_explain.log_format': 'json',
  'auto_explain.log_nested_statements': 'on',
  'auto_explain.log_level': 'notice',
};

/** Stands between the service and its database, and notes the plan of every statement. */
export class PlanRecorder {
  /** What is going on, to say so of the plans. */
  occasion = 'start';
  readonly plans: ExecutedPlan[] = [];
  private readonly readers = new WeakMap<Socket, MessageReader>();

  private constructor(private readonly proxy: TcpProxy) {}

  static async before(databaseUrl: string): Promise<PlanRecorder> {
    await explainEverything(databaseUrl);
    const proxy = await TcpProxy.to(databaseUrl);
    const recorder = new PlanRecorder(proxy);
    const note = recorder.note.bind(recorder);
    proxy.listener = (database, bytes) => {
      const reader = recorder.readers.get(database);
      if (reader === undefined) recorder.readers.set(database, new MessageReader(note, bytes));
      else reader.read(bytes);
    };
    return recorder;
  }

  url(databaseUrl: string): string {
    return this.proxy.url(databaseUrl);
  }

  close(): Promise<void> {
    return this.proxy.cut();
  }

  private note(type: string, body: Buffer): void {
    if (type !== NOTICE) return;
    const [, explained] = /\0M[^{]*(\{.*?\n\})\0/s.exec(body.toString('utf8')) ?? [];
    if (explained === undefined) return;
    const { 'Query Text': statement, Plan: plan } = JSON.parse(explained) as {
      'Query Text': string;
      Plan: ExecutedNode;
    };
    this.plans.push({ occasion: this.occasion, statement, plan });
  }
}

async function explainEverything(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const database = client.escapeIdentifier(new URL(databaseUrl).pathname.slice(1));
  for (const [name, value] of Object.entries(SETTINGS))
    await client.query(`ALTER DATABASE ${database} SET ${name} = '${value}'`);
  await client.end();
}
