import { createEmptyDatabase, type TestDatabase } from '../support/database.js';

/** A database with nothing in it, on the PostgreSQL of Debian's packages that .ci/run starts. */
export function createExternalDatabase(): Promise<TestDatabase> {
  const url = process.env['EXTERNAL_DATABASE_URL'];
  if (!url) throw new Error('EXTERNAL_DATABASE_URL names no server; .ci/run starts one and sets it');
  process.env['TEST_SERVER_URL'] = url; // for this test file alone: Jest gives each a copy of the environment
  return createEmptyDatabase();
}
