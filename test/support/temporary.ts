import { createDatabase, createEmptyDatabase, type TestDatabase } from './database.js';
import { removeAfterwards } from './leftovers.js';
import { createDataDir } from './service-process.js';

export function migratedDatabase(): Promise<TestDatabase> {
  return droppedAfterwards(createDatabase());
}

export function emptyDatabase(): Promise<TestDatabase> {
  return droppedAfterwards(createEmptyDatabase());
}

/** A DATA_DIR for an embedded server. */
export async function dataFolder(): Promise<string> {
  const folder = await createDataDir();
  removeAfterwards(() => folder.remove());
  return folder.path;
}

async function droppedAfterwards(created: Promise<TestDatabase>): Promise<TestDatabase> {
  const database = await created;
  removeAfterwards(() => database.drop());
  return database;
}
