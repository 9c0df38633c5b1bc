import pg from 'pg';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../data-source-options.js';
import { distributionOf, type Distribution, type Found, type Trigger } from './distribution.js';
import { pendingMigrations } from '../migrate.js';

const TABLES = `
  SELECT relname AS name FROM pg_class
  WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
    AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')
  ORDER BY 1`;
const HAS_CITUS = `SELECT to_regclass('pg_dist_partition') IS NOT NULL AS installed`;
const ALREADY_DISTRIBUTED = 'SELECT logicalrelid::regclass::text AS name FROM pg_dist_partition';
const TRIGGERS = `
  SELECT tgrelid::regclass::text AS table, tgname AS name, pg_get_triggerdef(oid) AS definition
  FROM pg_trigger WHERE NOT tgisinternal AND tgrelid IN (
    SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
  ORDER BY tgrelid::regclass::text, tgname`;

/** @returns the statements that would be sent, as a script; nothing is changed */
export async function planOfDistribution(url: string): Promise<string> {
  const { settings, transaction } = await withClient(url, async (client) =>
    distributionOf(await found(client, await hasCitus(client))),
  );
  if (transaction.length === 0) return '';
  return [...settings, 'BEGIN', ...transaction, 'COMMIT'].map((statement) => `${statement};\n`).join('');
}

/**
 * Spreads the tenants' tables over the nodes; those that are already are left as they are. Nobody else can use
 * them meanwhile.
 * @returns the tables that the database has distributed now
 * @throws Error in words for whoever gave the command
 */
export async function distribute(url: string): Promise<string[]> {
  await expectMigrated(url);
  return withClient(url, async (client) => {
    if (!(await hasCitus(client)))
      throw new Error(
        'Nothing was done: this database has no extension citus. ' +
          'On the coordinator, "CREATE EXTENSION citus" and add the worker nodes first.',
      );
    await run(client, distributionOf(await found(client, true)));
    return distributed(client);
  });
}

async function expectMigrated(url: string): Promise<void> {
  const dataSource = await new DataSource(dataSourceOptions(url, { poolSize: 1 })).initialize();
  try {
    const pending = await pendingMigrations(dataSource);
    if (pending.length > 0)
      throw new Error(`Nothing was done: these migrations are pending: ${pending.join(', ')}.`);
  } finally {
    await dataSource.destroy();
  }
}

async function run(client: pg.Client, { settings, transaction }: Distribution): Promise<void> {
  for (const statement of settings) await onEveryNode(client, statement);
  await client.query('BEGIN'); // where one fails the connection ends, and with it the transaction
  for (const statement of transaction) await client.query(statement);
  await client.query('COMMIT');
}

/** A node that refuses is a row of the answer, and no error. */
async function onEveryNode(client: pg.Client, statement: string): Promise<void> {
  const { rows } = await client.query<{ success: boolean; result: string }>(statement);
  const refused = rows.find(({ success }) => !success);
  if (refused !== undefined) throw new Error(`A node refused: ${statement}\n${refused.result}`);
}

async function found(client: pg.Client, citus: boolean): Promise<Found> {
  const tables = await client.query<{ name: string }>(TABLES);
  const triggers = await client.query<Trigger>(TRIGGERS);
  return {
    database: client.escapeIdentifier(client.database ?? ''),
    tables: tables.rows.map(({ name }) => name),
    alreadyDistributed: citus ? await distributed(client) : [],
    triggers: triggers.rows,
  };
}

async function distributed(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(ALREADY_DISTRIBUTED);
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
