import type { Socket } from 'node:net';
import pg from 'pg';
import { MessageReader } from './message-reader.js';
import type { PlanNode } from './query-plan.js';
import { TcpProxy } from './tcp-proxy.js';

export interface ExecutedPlan {
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

/** PostgreSQL sends the plan of each statement as a notice, including those of triggers and foreign keys. */
const SETTINGS = {
  session_preload_libraries: 'auto_explain',
  'auto_explain.log_min_duration': '0',
  'auto_explain.log_analyze': 'on',
  'auto_explain.log_timing': 'off',
  'auto_explain.log_format': 'json',
  'auto_explain.log_nested_statements': 'on',
  'auto_explain.log_level': 'notice',
};

/** A proxy between the service and its database that records the plan of every statement. */
export class PlanRecorder {
  /** Label for the plans that are recorded from now on. */
  occasion = 'start';
  readonly plans: ExecutedPlan[] = [];
  private readonly readers = new WeakMap<Socket, MessageReader>();

  private constructor(private readonly proxy: TcpProxy) {}

  static async before(databaseUrl: string): Promise<PlanRecorder> {
    await explainEverything(databaseUrl);
    const proxy = await TcpProxy.to(databaseUrl);
    const recorder = new PlanRecorder(proxy);
    const record = recorder.record.bind(recorder);
    proxy.onDatabaseBytes = (database, bytes) => {
      const reader = recorder.readers.get(database);
      if (reader === undefined) recorder.readers.set(database, new MessageReader(record, bytes));
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

  private record(type: string, body: Buffer): void {
    if (type !== NOTICE) return;
    const [, json] = /\0M[^{]*(\{.*?\n\})\0/s.exec(body.toString('utf8')) ?? [];
    if (json === undefined) return;
    const { 'Query Text': statement, Plan: plan } = JSON.parse(json) as {
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
