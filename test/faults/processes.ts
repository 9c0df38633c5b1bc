import { removeAfterwards } from '../ci/leftovers.js';
import { createDatabase, createEmptyDatabase, type TestDatabase } from '../support/database.js';
import { createDataDir, ServiceProcess } from '../support/service-process.js';

/** What a load from one address would otherwise run into, and a log that holds nothing but trouble. */
const UNDER_LOAD = { RATE_LIMIT: 'off', LOG_LEVEL: 'error' };

/** A service that is gone after the tests of the file, whatever happens in them. */
export async function startService(environment: Record<string, string>): Promise<ServiceProcess> {
  const service = ServiceProcess.spawn('dist/src/main.js', { ...UNDER_LOAD, ...environment });
  removeAfterwards(() => service.stop('SIGKILL'));
  return service.saying('Tenantry listens on');
}

/** On the test server, with all migrations. */
export async function migratedDatabase(): Promise<TestDatabase> {
  const database = await createDatabase();
  removeAfterwards(() => database.drop());
  return database;
}

export async function emptyDatabase(): Promise<TestDatabase> {
  const database = await createEmptyDatabase();
  removeAfterwards(() => database.drop());
  return database;
}

/** For an embedded server. */
export async function dataFolder(): Promise<string> {
  const folder = await createDataDir();
  removeAfterwards(() => folder.remove());
  return folder.path;
}
