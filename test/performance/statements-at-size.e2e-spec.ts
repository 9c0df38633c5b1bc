import { beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import type { Page } from '../../src/common/pagination/page.js';
import { disableAutovacuum, fill, idOf, withoutTriggers } from '../support/factories/many-rows.js';
import { createOrganization, type TestOrganization } from '../support/factories/organization.js';
import { startApp, type TestApp } from '../support/app.js';
import { Client } from '../support/client.js';
import {
  BODIES,
  createPopulatedOrganization,
  operationsOf,
  pathsOf,
  type PopulatedOrganization,
  type Operation,
} from '../support/every-operation.js';
import { PlanRecorder, type ExecutedNode, type ExecutedPlan } from '../support/plan-recorder.js';
import { USERS } from '../support/paths.js';
import { inOneLine, nodesOf } from '../support/query-plan.js';
import { useDatabase, useService } from '../support/use-service.js';

/** Rows of each kind in an organization: users, accounts, groups, events and so on. */
const ROWS = 600;
/** Rows that one statement may read, all scans together. */
const MAX_ROWS_READ = 250;

/** Statements that may read more rows the larger the organization is, by reason. */
const MAY_READ_MORE: Readonly<Record<string, { operations: string[]; statement: RegExp }>> = {
  'search samples the first thousand users to choose a plan, and the trigram index need not be faster for so few':
    {
      operations: ['list-users'],
      statement: /lower\(u\.email .* LIKE /,
    },
  'erasing a user reads all idempotency records, which are kept for a day': {
    operations: ['delete-user'],
    statement: /^UPDATE idempotency_records SET body/,
  },
  'an organization has few keys': {
    operations: ['list-api-keys'],
    statement: /count\(\*\).* FROM api_keys/,
  },
};

/** Tables with many rows per organization. */
const LARGE_TABLES = [
  'users',
  'accounts',
  'account_groups',
  'account_permissions',
  'account_group_permissions',
  'audit_events',
];

/** Statistics at the time when an organization is created and filled. */
const STATISTICS: [string, (dataSource: DataSource) => Promise<void>][] = [
  [
    'that include a few other organizations only',
    async (dataSource) => {
      await withoutTriggers(dataSource, async (manager) => {
        for (const _other of [1, 2, 3]) await fill(manager, randomUUID(), ROWS);
      });
      await dataSource.query('ANALYZE');
    },
  ],
  [
    'of organizations that have one row of each kind',
    async (dataSource) => {
      await withoutTriggers(dataSource, async (manager) => {
        const one = randomUUID();
        await fill(manager, one, 20_000);
        for (const table of LARGE_TABLES) {
          const id = table.endsWith('permissions') ? 'user_id' : 'id';
          await manager.query(
            `UPDATE ${table} SET organization_id = md5(${id}::text)::uuid WHERE organization_id = $1`,
            [one],
          );
        }
      });
      await dataSource.query('ANALYZE');
    },
  ],
  ['that were never gathered', () => Promise.resolve()],
];

/**
 * An organization may grow to any size before PostgreSQL gathers new statistics: that happens when a tenth of a table
 * has changed. auto_explain reports the rows that each statement reads, including those of triggers and foreign keys.
 */
describe.each(STATISTICS)('Rows read by statements, with statistics %s', (_statistics, prepare) => {
  const database = useDatabase();
  let plans: readonly ExecutedPlan[];
  let operations: Operation[];
  const failed: [string, number][] = [];

  beforeAll(async () => {
    const before = await startApp({}, database);
    await disableAutovacuum(before.dataSource);
    await prepare(before.dataSource);
    operations = operationsOf(before);
    const organizations = await organizationsFor(operations, before);
    await before.close();

    const recorder = await PlanRecorder.before(database.url);
    const service = await startApp({}, { ...database, url: recorder.url(database.url) });
    for (const [operation, of] of organizations) {
      recorder.occasion = operation.operationId;
      await perform(service, operation, of);
    }
    recorder.occasion = 'end';
    await service.close();
    await recorder.close();
    plans = recorder.plans.map((plan) => ({ ...plan, statement: inOneLine(plan.statement) }));
  }, 120_000);

  /** One organization for all GET requests, and one for each other operation. */
  async function organizationsFor(
    all: readonly Operation[],
    service: TestApp,
  ): Promise<Map<Operation, PopulatedOrganization>> {
    const shared = await createPopulatedOrganization(service);
    const organizations = new Map<Operation, PopulatedOrganization>();
    for (const operation of all)
      organizations.set(
        operation,
        operation.method === 'GET' ? shared : await createPopulatedOrganization(service),
      );
    await withoutTriggers(service.dataSource, async (manager) => {
      for (const id of new Set([...organizations.values()].map((of) => of.id))) await fill(manager, id, ROWS);
    });
    return organizations;
  }

  async function perform(service: TestApp, operation: Operation, of: PopulatedOrganization): Promise<void> {
    const body = BODIES[operation.operationId]?.(of);
    const client = Client.with(service, of.keys);
    for (const path of pathsOf(operation, of)) {
      const { status } = await client.send(operation.method, path, body);
      if (status >= 300) failed.push([`${operation.method} ${path}`, status]);
    }
  }

  const ofOperations = (): ExecutedPlan[] =>
    plans.filter(({ occasion }) => operations.some(({ operationId }) => operationId === occasion));
  const reasonFor = ({ occasion, statement }: ExecutedPlan): string | undefined =>
    Object.keys(MAY_READ_MORE).find(
      (reason) =>
        MAY_READ_MORE[reason]?.operations.includes(occasion) === true &&
        MAY_READ_MORE[reason].statement.test(statement),
    );

  it('cover every operation, and all requests succeed', () => {
    expect(failed).toEqual([]);
    expect(new Set(ofOperations().map(({ statement }) => statement)).size).toBeGreaterThan(100);
  });

  it('are few, whatever the size of the organization', () => {
    const excessive = ofOperations()
      .filter((plan) => rowsReadIn(plan.plan) > MAX_ROWS_READ && reasonFor(plan) === undefined)
      .map(
        ({ occasion, statement, plan }) =>
          `${occasion}: ${String(rowsReadIn(plan))} rows by ${statement.slice(0, 1000)}`,
      );
    expect(excessive).toEqual([]);
  });

  it('are more only for the reasons in MAY_READ_MORE, each of which occurs', () => {
    const excessive = ofOperations().filter(({ plan }) => rowsReadIn(plan) > MAX_ROWS_READ);
    expect([...new Set(excessive.map(reasonFor))].sort()).toEqual(Object.keys(MAY_READ_MORE).sort());
  });
});

describe('Rows read by a search among the users of an account that all users have a role on', () => {
  const database = useDatabase();
  let organization: TestOrganization;

  beforeAll(async () => {
    const before = await startApp({}, database);
    await disableAutovacuum(before.dataSource);
    organization = await createOrganization(before);
    await withoutTriggers(before.dataSource, (manager) => fill(manager, organization.id, ROWS));
    await before.close();
  });

  it.each(['example', 'last7'])(
    'grow with the number of users, not with its square, for %s',
    async (search) => {
      const recorder = await PlanRecorder.before(database.url);
      const service = await startApp({}, { ...database, url: recorder.url(database.url) });
      const account = idOf(organization.id, 1);
      const { body } = await Client.with(service, organization.keys).get<Page<unknown>>(
        `${USERS}?search=${search}&account_id=${account}&sort=-last_name&page_size=100`,
      );
      await service.close();
      await recorder.close();
      expect(body.data.length).toBeGreaterThan(10);
      const max = Math.max(...recorder.plans.map(({ plan }) => rowsReadIn(plan)));
      expect(max).toBeGreaterThan(ROWS);
      expect(max).toBeLessThan(10 * ROWS);
    },
  );
});

describe('n_distinct of organization_id', () => {
  const { service } = useService();

  it('is fixed on every table with several indexes by organization, except roles', async () => {
    const tables = await service.dataSource.query<{ name: string; isFixed: boolean }[]>(`
      SELECT c.relname AS name, coalesce('n_distinct=200' = ANY (a.attoptions), false) AS "isFixed"
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'organization_id'
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND 1 < (
        SELECT count(*) FROM pg_index i WHERE i.indrelid = c.oid AND i.indkey[0] = a.attnum)`);
    const others = tables.filter(({ isFixed }) => !isFixed).map(({ name }) => name);
    expect([tables.length > 1, others]).toEqual([true, ['roles']]);
  });
});

/** All rows read, including those that a filter removed. */
function rowsReadIn(plan: ExecutedNode): number {
  return (nodesOf(plan) as ExecutedNode[])
    .map((node) => {
      const isScan = node['Relation Name'] !== undefined && node['Node Type'].endsWith('Scan');
      const removed = (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Join Filter'] ?? 0);
      return ((isScan ? node['Actual Rows'] : 0) + removed) * node['Actual Loops'];
    })
    .reduce((sum, rows) => sum + rows, 0);
}
