import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { CheckpointsService } from '../../src/audit/checkpoints.service.js';
import { SealingService } from '../../src/audit/sealing.service.js';
import { VerificationService } from '../../src/audit/verification.service.js';
import type { Page } from '../../src/common/pagination/page.js';
import { DISTRIBUTED, ON_COORDINATOR } from '../../src/database/citus/distribution.js';
import { IdempotencyService } from '../../src/unit-of-work/idempotency/idempotency.service.js';
import { newUser } from '../support/factories/organization.js';
import { startApp, type TestApp } from '../support/app.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import {
  BODIES,
  createPopulatedOrganization,
  operationsOf,
  pathsOf,
  type Operation,
} from '../support/every-operation.js';
import { conditionsOf, nodesOf, type PlanNode } from '../support/query-plan.js';
import { StatementRecorder } from '../support/statement-recorder.js';

const USERS = '/v1/organizations/users';

/** What reads no table of a tenant, and has no plan. */
const CONTROL =
  /^(BEGIN|COMMIT|ROLLBACK|START TRANSACTION [\w ]*; ?SET LOCAL tenantry\.\w+ = '[\w-]+'|SET LOCAL [\w.]+ = '\w+'|SET CONSTRAINTS ALL IMMEDIATE|LISTEN \w+|SELECT)$/;

/** Statements that go to all shards: jobs, and parts of no request. Each is here with its reason. */
const OF_ALL_ORGANIZATIONS: Readonly<Record<string, RegExp>> = {
  'the sealer asks which organizations have something to seal':
    /^SELECT DISTINCT organization_id FROM .*audit_unsealed/,
  'old answers to idempotency keys are removed, whosever they are':
    /^DELETE FROM idempotency_records .*LIMIT/,
  'the chains of all organizations are looked through':
    /^SELECT id FROM organizations (WHERE id > \$1 )?ORDER BY/,
};

/** Reads the key, when it does not know it, and notes its use, whatever is asked for. */
function isOfTheGuard(statement: string): boolean {
  return (
    CONTROL.test(statement) ||
    /FROM api_keys WHERE public_key = |^UPDATE api_keys SET last_used_at/.test(statement)
  );
}

/** Operations that ask no database. */
const WITHOUT_STATEMENTS = ['list-permissions-catalog'];

const DISTRIBUTED_BY = new Map(DISTRIBUTED.map(({ table, by }) => [table, by]));

/**
 * A Citus cluster sends a statement to one shard where it names the organization for every table that it touches.
 * Whether it does, PostgreSQL's own plans tell. A superuser asks for them, so that row-level security adds nothing.
 */
describe('Statements, for shards by organization', () => {
  let service: TestApp;
  let database: TestDatabase;
  let recorder: StatementRecorder;
  let superuser: pg.Client;
  const refused: [string, number][] = [];
  const silent: string[] = [];
  const plans = new Map<string, PlanNode[]>();

  beforeAll(async () => {
    database = await createDatabase();
    recorder = await StatementRecorder.before(database.url);
    superuser = new pg.Client({ connectionString: database.url });
    await superuser.connect();
    service = await startApp({}, { ...database, url: recorder.url(database.url) });
    recorder.forget(); // what a start does with the catalog
    for (const operation of operationsOf(service)) await perform(operation);
    recorder.occasion = 'jobs';
    await service.app.get(SealingService).seal();
    await service.app.get(CheckpointsService).makeAll();
    for await (const { fault } of service.app.get(VerificationService).all()) expect(fault).toBeUndefined();
    await service.app.get(IdempotencyService).removeExpired();
    for (const statement of recorder.statements.keys()) {
      if (!CONTROL.test(inOneLine(statement))) plans.set(inOneLine(statement), await planOf(statement));
    }
  }, 60_000);
  afterAll(async () => {
    await service.close();
    await recorder.close();
    await superuser.end();
    await database.drop();
  });

  /** In an organization of its own: a dry run, the change with an idempotency key, a list with filters and cursors. */
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
    const asked = [...recorder.statements].filter(([, occasions]) => occasions.has(operation.operationId));
    if (asked.every(([statement]) => isOfTheGuard(inOneLine(statement)))) silent.push(operation.operationId);
  }

  async function planOf(statement: string): Promise<PlanNode[]> {
    const { rows } = await superuser.query<{ 'QUERY PLAN': { Plan: PlanNode }[] }>(
      `EXPLAIN (GENERIC_PLAN, VERBOSE, FORMAT JSON) ${statement}`,
    );
    return rows.flatMap((row) => row['QUERY PLAN'].flatMap(({ Plan }) => nodesOf(Plan)));
  }

  it('are those of every operation, each of which succeeded', () => {
    expect(refused).toEqual([]);
    expect(silent).toEqual(WITHOUT_STATEMENTS);
    expect(plans.size).toBeGreaterThan(100);
  });

  it('name the organization for each table that they touch, but for those of jobs', () => {
    const elsewhere = [...plans].flatMap(([statement, nodes]) =>
      isOfAllOrganizations(statement)
        ? []
        : nodes.filter(goesToAllShards).map((node) => told(statement, node)),
    );
    expect(elsewhere).toEqual([]);
  });

  it('of jobs go to all shards for the reasons given, and none is part of a request', () => {
    const used = Object.keys(OF_ALL_ORGANIZATIONS).filter((why) =>
      [...plans].some(
        ([statement, nodes]) => OF_ALL_ORGANIZATIONS[why]?.test(statement) && nodes.some(goesToAllShards),
      ),
    );
    expect(used).toEqual(Object.keys(OF_ALL_ORGANIZATIONS));
    for (const [statement, occasions] of recorder.statements) {
      if (isOfAllOrganizations(inOneLine(statement)))
        expect([statement, [...occasions]]).toEqual([statement, ['jobs']]);
    }
  });

  it('name it to the nodes in the mode for shards: each SET LOCAL is sent by itself, in a transaction that was begun', async () => {
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

  it("do not mix the tenants' tables with those that stay on the coordinator", () => {
    const mixed = [...plans].filter(([, nodes]) => {
      const tables = nodes.map((node) => node['Relation Name'] ?? '');
      return (
        tables.some((table) => table in ON_COORDINATOR) && tables.some((table) => DISTRIBUTED_BY.has(table))
      );
    });
    expect(mixed.map(([statement]) => statement)).toEqual([]);
  });

  it('insert rows that they give, or say what to do in a conflict: others would be sent by COPY, which row-level security refuses', () => {
    const copied = [...plans].filter(([, nodes]) => nodes.some(insertsWhatItReads));
    expect(copied.map(([statement]) => statement)).toEqual([]);
  });

  it('compute in a change only what is the same on every node: Citus refuses the rest', () => {
    const [OF_THE_TIME_ON_CONFLICT, OF_A_MOMENT_IN_A_ROW] = [
      / DO UPDATE .*\bnow\(/,
      /_at"? [+-] (interval|\$|make)/,
    ];
    const refusable = [...plans.keys()].filter(
      (statement) =>
        !statement.includes('api_keys') &&
        (OF_THE_TIME_ON_CONFLICT.test(statement) ||
          (/\bUPDATE\b/.test(statement) && OF_A_MOMENT_IN_A_ROW.test(statement))),
    );
    expect(refusable).toEqual([]);
  });

  it('call no function of ours, into which no plan looks', async () => {
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

/** No single organization is given for the rows that it reads. */
function goesToAllShards(node: PlanNode): boolean {
  const by = DISTRIBUTED_BY.get(node['Relation Name'] ?? '');
  if (by === undefined || node['Node Type'] === 'ModifyTable') return false; // what it modifies, a scan below has found
  const given = new RegExp(`^(("\\w+"|\\w+)\\.)?${by} = (\\$\\d+|'[0-9a-f-]{36}'::uuid)$`);
  return !conditionsOf(node).some((condition) => given.test(condition));
}

function insertsWhatItReads(node: PlanNode): boolean {
  if (node.Operation !== 'Insert' || !DISTRIBUTED_BY.has(node['Relation Name'] ?? '')) return false;
  const source = node.Plans?.find((child) => child['Parent Relationship'] === 'Outer');
  const isGiven = source?.['Node Type'] === 'Result' || source?.['Node Type'] === 'Values Scan';
  return !isGiven && node['Conflict Resolution'] === undefined;
}

function isOfAllOrganizations(statement: string): boolean {
  return Object.values(OF_ALL_ORGANIZATIONS).some((pattern) => pattern.test(statement));
}

function told(statement: string, node: PlanNode): string {
  return `${String(node['Relation Name'])} by ${conditionsOf(node).join(' AND ') || 'nothing'} in: ${statement}`;
}

function inOneLine(statement: string): string {
  return statement.replaceAll(/\s+/g, ' ').trim();
}
