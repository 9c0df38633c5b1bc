import type pg from 'pg';
import { withClient } from '../server/with-client.ts';

/** With fewer rows, rebuilding the trigram indexes costs more than it saves. */
const MIN_ROWS_TO_REBUILD = 50_000;

/** Only the filled tables, because autovacuum would not analyze empty ones either. */
const FILLED_TABLES =
  'users, accounts, account_groups, account_permissions, account_group_permissions, roles, row_counts';

/**
 * Runs `fill` as superuser, and leaves the tables vacuumed and analyzed, as after long use. For many rows the trigram
 * indexes are dropped and rebuilt, because inserting each row into them takes far longer.
 */
export async function bulkLoad(
  url: string,
  rows: number,
  fill: (client: pg.Client) => Promise<void>,
): Promise<void> {
  await withClient(url, async (client) => {
    await client.query("SET maintenance_work_mem = '512MB'");
    await client.query('ALTER TABLE users DISABLE TRIGGER users_permission_check');
    const indexes = rows < MIN_ROWS_TO_REBUILD ? [] : await dropTrigramIndexes(client);
    await fill(client);
    for (const definition of indexes) await client.query(definition);
    await client.query('ALTER TABLE users ENABLE TRIGGER users_permission_check');
    await client.query(`VACUUM (ANALYZE) ${FILLED_TABLES}`);
    await client.query('CHECKPOINT');
  });
}

/** @returns the statements that create them again */
async function dropTrigramIndexes(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string; definition: string }>(`
    SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS definition
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam
    WHERE i.indrelid = 'users'::regclass AND a.amname = 'gin'`);
  for (const { name } of rows) await client.query(`DROP INDEX ${name}`);
  return rows.map(({ definition }) => definition);
}
