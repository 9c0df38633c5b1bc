import pg from 'pg';
import { pendingMigrations } from '../migrate.js';
import { withDataSource } from '../with-data-source.js';
import { planDistribution, type DatabaseState, type DistributionPlan, type Trigger } from './distribution.js';

const TABLES = `
  SELECT relname AS name FROM pg_class
  WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
    AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')
  ORDER BY 1`;
const HAS_CITUS = `SELECT to_regclass('pg_dist_partition') IS NOT NULL AS installed`;
const DISTRIBUTED = 'SELECT logicalrelid::regclass::text AS name FROM pg_dist_partition';
const TRIGGERS = `
  SELECT tgrelid::regclass::text AS table, tgname AS name, pg_get_triggerdef(oid) AS definition
  FROM pg_trigger WHERE NOT tgisinternal AND tgrelid IN (
    SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
  ORDER BY tgrelid::regclass::text, tgname`;

/** @returns an SQL script of the statements that `distribute` would run; empty when all tables are distributed */
export async function distributionScript(url: string): Promise<string> {
  const { settings, transaction } = await withClient(url, async (client) =>
    planDistribution(await readState(client, await hasCitus(client))),
  );
  if (transaction.length === 0) return '';
  return [...settings, 'BEGIN', ...transaction, 'COMMIT'].map((statement) => `${statement};\n`).join('');
}

/**
 * Distributes the tenants' tables over the nodes, under exclusive locks. Tables that are distributed already stay.
 * @returns all distributed tables
 * @throws Error with a message for the operator
 */
export async function distribute(url: string): Promise<string[]> {
  const pending = await withDataSource(url, pendingMigrations);
  if (pending.length > 0)
    throw new Error(`Nothing was done: these migrations are pending: ${pending.join(', ')}.`);
  return withClient(url, async (client) => {
    if (!(await hasCitus(client)))
      throw new Error(
        'Nothing was done: this database has no extension citus. ' +
          'On the coordinator, run "CREATE EXTENSION citus" and add the worker nodes first.',
      );
    await run(client, planDistribution(await readState(client, true)));
    return readDistributedTables(client);
  });
}

async function run(client: pg.Client, { settings, transaction }: DistributionPlan): Promise<void> {
  for (const statement of settings) await runOnAllNodes(client, statement);
  await client.query('BEGIN'); // rolled back when the connection ends after an error
  for (const statement of transaction) await client.query(statement);
  await client.query('COMMIT');
}

/** Citus reports the failure of a node as a row, not as an error. */
async function runOnAllNodes(client: pg.Client, statement: string): Promise<void> {
  const { rows } = await client.query<{ success: boolean; result: string }>(statement);
  const failure = rows.find(({ success }) => !success);
  if (failure !== undefined) throw new Error(`A node could not run: ${statement}\n${failure.result}`);
}

async function readState(client: pg.Client, isCitus: boolean): Promise<DatabaseState> {
  const tables = await client.query<{ name: string }>(TABLES);
  const triggers = await client.query<Trigger>(TRIGGERS);
  return {
    database: client.escapeIdentifier(client.database ?? ''),
    tables: tables.rows.map(({ name }) => name),
    distributedTables: isCitus ? await readDistributedTables(client) : [],
    triggers: triggers.rows,
  };
}

async function readDistributedTables(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(DISTRIBUTED);
  return rows.map(({ name }) => name);
}

async function hasCitus(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ installed: boolean }>(HAS_CITUS);
  return rows[0]?.installed === true;
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
