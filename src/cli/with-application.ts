import type { INestApplicationContext } from '@nestjs/common';
import { createApp } from '../app/create-app.js';
import { readEnvironment, StartupError } from '../config/environment.js';
import { Settings } from '../config/settings.js';
import { DatabaseService } from '../database/database.service.js';
import { acquireDatabase } from '../database/acquire-database.js';

/**
 * Runs the work with the application and its database, whether or not a service runs on the same database.
 * @throws StartupError when the database is not ready
 */
export async function withApplication<T>(work: (app: INestApplicationContext) => Promise<T>): Promise<T> {
  const environment = readEnvironment({ ...process.env, LOG_LEVEL: 'silent' });
  const database = await acquireDatabase(environment);
  try {
    const app = await createApp(new Settings(environment, database.url, database.serviceRole));
    try {
      const reason = await app.get(DatabaseService).getUnavailableReason();
      if (reason !== undefined) throw new StartupError(`Nothing was done: ${reason}.`);
      return await work(app);
    } finally {
      await app.close();
    }
  } finally {
    await database.release();
  }
}
