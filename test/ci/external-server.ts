import { emptyDatabase } from '../support/temporary.js';
import type { TestDatabase } from '../support/database.js';

/** An empty database on the PostgreSQL of Debian's packages that .ci/run starts. */
export function createExternalDatabase(): Promise<TestDatabase> {
  const url = process.env['EXTERNAL_DATABASE_URL'];
  if (!url) throw new Error('EXTERNAL_DATABASE_URL is not set; .ci/run starts a server and sets it');
  process.env['TEST_SERVER_URL'] = url; // affects this test file only: Jest copies the environment for each
  return emptyDatabase();
}
