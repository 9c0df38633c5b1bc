import type { INestApplicationContext } from '@nestjs/common';
import { createApp } from '../app/create-app.js';
import { readEnvironment, StartupError } from '../config/environment.js';
import { Settings } from '../config/settings.js';
import { DatabaseService } from '../database/database.service.js';
import { openDatabase } from '../database/open-database.js';

/**
 * Runs `work` on the service's own services and database: beside a running service on the same DATA_DIR
 * or DATABASE_URL, or alone.
 */
export async function withApplication<T>(work: (app: INestApplicationContext) => Promise<T>): Promise<T> {
  const environment = readEnvironment({ ...process.env, LOG_LEVEL: 'silent' });
  const database = await openDatabase(environment);
  try {
    const app = await createApp(new Settings(environment, database.url, database.serviceRole));
    try {
      const reason = await app.get(DatabaseService).whyNotReady();
      if (reason !== undefined) throw new StartupError(`Nothing was done: ${reason}.`);
      return await work(app);
    } finally {
      await app.close();
    }
  } finally {
    await database.close();
  }
}
