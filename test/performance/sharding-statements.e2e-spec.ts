import { beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { CheckpointsService } from '../../src/audit/checkpoints.service.js';
import { SealingService } from '../../src/audit/sealing.service.js';
import { VerificationService } from '../../src/audit/verification.service.js';
import type { Page } from '../../src/common/pagination/page.js';
import { DISTRIBUTED_TABLES, COORDINATOR_TABLES } from '../../src/database/citus/distribution.js';
import { IdempotencyService } from '../../src/unit-of-work/idempotency/idempotency.service.js';
import { newUser } from '../support/factories/organization.js';
import { startApp, type TestApp } from '../support/app.js';
import {
  BODIES,
  createPopulatedOrganization,
  operationsOf,
  pathsOf,
  type Operation,
} from '../support/every-operation.js';
import { conditionsOf, inOneLine, nodesOf, type PlanNode } from '../support/query-plan.js';
import { USERS } from '../support/paths.js';
import { StatementRecorder } from '../support/statement-recorder.js';
import { useDatabase } from '../support/use-service.js';

/** Statements that read no tenant table and have no plan. */
const CONTROL =
  /^(BEGIN|COMMIT|ROLLBACK|START TRANSACTION [\w ]*; ?SET LOCAL tenantry\.\w+ = '[\w-]+'|SET LOCAL [\w.]+ = '\w+'|SET CONSTRAINTS ALL IMMEDIATE|LISTEN \w+|SELECT)$/;

/** Statements of background jobs that go to all shards, by reason. No request may send one. */
const CROSS_SHARD: Readonly<Record<string, RegExp>> = {
  'the sealer finds the organizations with unsealed events':
    /^SELECT DISTINCT organization_id FROM .*audit_unsealed/,
  'expired idempotency records of all organizations are removed': /^DELETE FROM idempotency_records .*LIMIT/,
  'the audit chains of all organizations are verified':
    /^SELECT id FROM organizations (WHERE id > \$1 )?ORDER BY/,
};

/** The guard may read the API key and record its use on any request. */
function isOfGuard(statement: string): boolean {
  return (
    CONTROL.test(statement) ||
    /FROM api_keys WHERE public_key = |^UPDATE api_keys SET last_used_at/.test(statement)
  );
}

/** Operations that send no statement. */
const WITHOUT_STATEMENTS = ['list-permissions-catalog'];

const DISTRIBUTED_BY = new Map(DISTRIBUTED_TABLES.map(({ table, column }) => [table, column]));

/**
 * Citus routes a statement to one shard when it filters every table by the organization. PostgreSQL's own plans show
 * whether it does. A superuser explains the statements, so that row-level security adds no condition.
 */
describe('Sharding: statements', () => {
  const database = useDatabase(async () => {
    await service.close();
    await recorder.close();
    await superuser.end();
  });
  let service: TestApp;
  let recorder: StatementRecorder;
  let superuser: pg.Client;
  const refused: [string, number][] = [];
  const withoutStatements: string[] = [];
  const plans = new Map<string, PlanNode[]>();

  beforeAll(async () => {
    recorder = await StatementRecorder.before(database.url);
    superuser = new pg.Client({ connectionString: database.url });
    await superuser.connect();
    service = await startApp({}, { ...database, url: recorder.url(database.url) });
    recorder.forget(); // statements of the start
    for (const operation of operationsOf(service)) await perform(operation);
    recorder.occasion = 'jobs';
    await service.app.get(SealingService).seal();
    await service.app.get(CheckpointsService).createAllDue();
    for await (const { fault } of service.app.get(VerificationService).all()) expect(fault).toBeUndefined();
    await service.app.get(IdempotencyService).removeExpired();
    for (const statement of recorder.statements.keys()) {
      if (!CONTROL.test(inOneLine(statement))) plans.set(inOneLine(statement), await planOf(statement));
    }
  }, 60_000);

  /** In a new organization: a dry run, the change with an idempotency key, a list with filters and cursors. */
  async function perform(operation: Operation): Promise<void> {
    recorder.occasion = 'preparation';
    const of = await createPopulatedOrganization(service);
    recorder.occasion = operation.operationId;
    const body = BODIES[operation.operationId]?.(of);
    for (const path of pathsOf(operation, of)) {
      const isChange = operation.queries.includes('dry_run') && !path.includes('dry_run');
      const headers = isChange ? { 'X-Idempotency-Key': path } : {};
      const answer = await of.client.send<Partial<Page<unknown>>>(operation.method, path, body, headers);
      if (answer.status >= 300) refused.push([`${operation.method} ${path}`, answer.status]);
      const cursor = answer.body.pagination?.next_cursor;
      if (typeof cursor === 'string') await of.client.get(`${path}&after=${cursor}`);
    }
    const sent = [...recorder.statements].filter(([, occasions]) => occasions.has(operation.operationId));
    if (sent.every(([statement]) => isOfGuard(inOneLine(statement))))
      withoutStatements.push(operation.operationId);
  }

  async function planOf(statement: string): Promise<PlanNode[]> {
    const { rows } = await superuser.query<{ 'QUERY PLAN': { Plan: PlanNode }[] }>(
      `EXPLAIN (GENERIC_PLAN, VERBOSE, FORMAT JSON) ${statement}`,
    );
    return rows.flatMap((row) => row['QUERY PLAN'].flatMap(({ Plan }) => nodesOf(Plan)));
  }

  it('cover every operation, and all requests succeed', () => {
    expect(refused).toEqual([]);
    expect(withoutStatements).toEqual(WITHOUT_STATEMENTS);
    expect(plans.size).toBeGreaterThan(100);
  });

  it('filter every table by organization, except those of background jobs', () => {
    const crossShard = [...plans].flatMap(([statement, nodes]) =>
      isCrossShard(statement)
        ? []
        : nodes.filter(goesToAllShards).map((node) => describeScan(statement, node)),
    );
    expect(crossShard).toEqual([]);
  });

  it('that go to all shards are those listed in CROSS_SHARD, and no request sends one', () => {
    const used = Object.keys(CROSS_SHARD).filter((why) =>
      [...plans].some(
        ([statement, nodes]) => CROSS_SHARD[why]?.test(statement) && nodes.some(goesToAllShards),
      ),
    );
    expect(used).toEqual(Object.keys(CROSS_SHARD));
    for (const [statement, occasions] of recorder.statements) {
      if (isCrossShard(inOneLine(statement)))
        expect([statement, [...occasions]]).toEqual([statement, ['jobs']]);
    }
  });

  it('of DATABASE_MODE=sharded send each SET LOCAL as its own query inside a transaction', async () => {
    const sharded = await startApp(
      { DATABASE_MODE: 'sharded' },
      { ...database, url: recorder.url(database.url) },
    );
    const of = await createPopulatedOrganization(sharded);
    recorder.forget();
    const created = await of.client.post<{ id: string }>(USERS, newUser(of));
    const retrieved = await of.client.get(`${USERS}/${created.body.id}`);
    await sharded.close();
    expect([created.status, retrieved.status]).toEqual([201, 200]);
    const sent = [...recorder.statements.keys()].map(inOneLine);
    expect(sent).toContain(`SET LOCAL tenantry.organization_id = '${of.id}'`);
    expect(sent.filter((statement) => /set_config|; ?SET LOCAL/.test(statement))).toEqual([]);
  });

  it('do not mix distributed tables with tables of the coordinator', () => {
    const mixed = [...plans].filter(([, nodes]) => {
      const tables = nodes.map((node) => node['Relation Name'] ?? '');
      return (
        tables.some((table) => table in COORDINATOR_TABLES) &&
        tables.some((table) => DISTRIBUTED_BY.has(table))
      );
    });
    expect(mixed.map(([statement]) => statement)).toEqual([]);
  });

  it('do not INSERT ... SELECT without ON CONFLICT: Citus would use COPY, which row-level security rejects', () => {
    const inserting = [...plans].filter(([, nodes]) => nodes.some(insertsFromSelect));
    expect(inserting.map(([statement]) => statement)).toEqual([]);
  });

  it('use no volatile or stable functions where Citus rejects them in UPDATE and ON CONFLICT', () => {
    const [NOW_ON_CONFLICT, TIMESTAMP_ARITHMETIC] = [/ DO UPDATE .*\bnow\(/, /_at"? [+-] (interval|\$|make)/];
    const rejectedByCitus = [...plans.keys()].filter(
      (statement) =>
        !statement.includes('api_keys') &&
        (NOW_ON_CONFLICT.test(statement) ||
          (/\bUPDATE\b/.test(statement) && TIMESTAMP_ARITHMETIC.test(statement))),
    );
    expect(rejectedByCitus).toEqual([]);
  });

  it('call no SQL function of the schema: a plan does not show its statements', async () => {
    const { rows } = await superuser.query<{ name: string }>(
      `SELECT proname AS name FROM pg_proc p WHERE pronamespace = 'public'::regnamespace
         AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')`,
    );
    expect(rows.length).toBeGreaterThan(0);
    const calling = [...plans.keys()].filter((statement) =>
      rows.some(({ name }) => new RegExp(`\\b${name}"?\\s*\\(`).test(statement)),
    );
    expect(calling).toEqual([]);
  });
});

/** Whether the node reads a distributed table without a single organization as a condition. */
function goesToAllShards(node: PlanNode): boolean {
  const by = DISTRIBUTED_BY.get(node['Relation Name'] ?? '');
  if (by === undefined || node['Node Type'] === 'ModifyTable') return false; // a scan below has the condition
  const byOrganization = new RegExp(`^(("\\w+"|\\w+)\\.)?${by} = (\\$\\d+|'[0-9a-f-]{36}'::uuid)$`);
  return !conditionsOf(node).some((condition) => byOrganization.test(condition));
}

function insertsFromSelect(node: PlanNode): boolean {
  if (node.Operation !== 'Insert' || !DISTRIBUTED_BY.has(node['Relation Name'] ?? '')) return false;
  const source = node.Plans?.find((child) => child['Parent Relationship'] === 'Outer');
  const isLiteral = source?.['Node Type'] === 'Result' || source?.['Node Type'] === 'Values Scan';
  return !isLiteral && node['Conflict Resolution'] === undefined;
}

function isCrossShard(statement: string): boolean {
  return Object.values(CROSS_SHARD).some((pattern) => pattern.test(statement));
}

function describeScan(statement: string, node: PlanNode): string {
  return `${String(node['Relation Name'])} by ${conditionsOf(node).join(' AND ') || 'nothing'} in: ${statement}`;
}
