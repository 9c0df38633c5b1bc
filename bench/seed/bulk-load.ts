import type pg from 'pg';
import { onDatabase } from '../server/on-database.ts';

/** Below it, making an index anew costs more than it saves. */
const MANY_ROWS = 50_000;

/** What nobody has filled, PostgreSQL itself would not analyze either. */
const FILLED =
  'users, accounts, account_groups, account_permissions, account_group_permissions, roles, row_counts';

/**
 * Runs `fill` on the superuser's connection, and leaves the tables as long use would have: statistics gathered, nothing
 * to vacuum. Indexes of trigrams are set aside for many rows: built at once they take seconds, row by row minutes.
 */
export async function bulkLoad(
  url: string,
  rows: number,
  fill: (client: pg.Client) => Promise<void>,
): Promise<void> {
  await onDatabase(url, async (client) => {
    await client.query("SET maintenance_work_mem = '512MB'");
    await client.query('ALTER TABLE users DISABLE TRIGGER users_permission_check');
    const indexes = rows < MANY_ROWS ? [] : await setAside(client);
    await fill(client);
    for (const definition of indexes) await client.query(definition);
    await client.query('ALTER TABLE users ENABLE TRIGGER users_permission_check');
    await client.query(`VACUUM (ANALYZE) ${FILLED}`);
    await client.query('CHECKPOINT');
  });
}

/** @returns what makes them again */
async function setAside(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string; definition: string }>(`
    SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS definition
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam
    WHERE i.indrelid = 'users'::regclass AND a.amname = 'gin'`);
  for (const { name } of rows) await client.query(`DROP INDEX ${name}`);
  return rows.map(({ definition }) => definition);
}
