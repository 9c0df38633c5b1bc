import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
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

/** The same with an embedded server, which a killed service leaves running. */
export async function startEmbedded(dataDir: string): Promise<ServiceProcess> {
  removeAfterwards(() => endPostmaster(dataDir));
  return startService({ DATA_DIR: dataDir });
}

/** @returns undefined when none is running */
export async function postmasterOf(dataDir: string): Promise<number | undefined> {
  const content = await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').catch(() => undefined);
  return content === undefined ? undefined : Number(content.split('\n')[0]);
}

/** At once, with all its processes. */
async function endPostmaster(dataDir: string): Promise<void> {
  const pid = await postmasterOf(dataDir);
  if (pid === undefined) return;
  try {
    for (process.kill(pid, 'SIGQUIT'); ; process.kill(pid, 0)) await pause(20);
  } catch {
    // it is gone
  }
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
