import type { NestExpressApplication } from '@nestjs/platform-express';
import type { OpenAPIObject } from '@nestjs/swagger';
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { DataSource } from 'typeorm';
import { createApp } from '../../src/app/create-app.js';
import { Environment } from '../../src/config/environment.js';
import { Settings } from '../../src/config/settings.js';
import { dataSourceOptions } from '../../src/database/data-source-options.js';
import { createDatabase, type TestDatabase } from './database.js';
import { TEST_ENCRYPTION_KEY } from './encryption-key.js';

export interface TestApp {
  app: NestExpressApplication;
  server: Server;
  database: TestDatabase;
  /** Connects as superuser, for changes that do not go through the service. */
  dataSource: DataSource;
  document: OpenAPIObject;
  close(): Promise<void>;
}

/** All requests of a test file have one address. test/api/requests/rate-limits.e2e-spec.ts sets lower limits. */
const NO_ADDRESS_LIMITS = { RATE_LIMIT_PER_ADDRESS: 1_000_000, RATE_LIMIT_REFUSALS: 1_000_000 };

/** As committed, because it takes long to build. test/api/requests/openapi.e2e-spec.ts compares it with the served one. */
const document = JSON.parse(
  readFileSync(new URL('../../docs/openapi.json', import.meta.url), 'utf8'),
) as OpenAPIObject;

/** Starts the service on a free port, on a new database unless one is given. */
export async function startApp(settings: Partial<Environment> = {}, given?: TestDatabase): Promise<TestApp> {
  const database = given ?? (await createDatabase());
  const environment = Object.assign(
    new Environment(),
    { NODE_ENV: 'test', LOG_LEVEL: 'silent', ENCRYPTION_KEY: TEST_ENCRYPTION_KEY, ...NO_ADDRESS_LIMITS },
    settings,
  );
  const app = await createApp(new Settings(environment, database.url, database.serviceRole));
  await app.listen(0, '127.0.0.1');
  const dataSource = new DataSource(dataSourceOptions(database.url));
  if (app.get(DataSource).isInitialized) await dataSource.initialize(); // some tests start without a database
  return {
    app,
    server: app.getHttpServer(),
    database,
    dataSource,
    document,
    close: async () => {
      await app.close();
      if (dataSource.isInitialized) await dataSource.destroy();
      if (given === undefined) await database.drop();
    },
  };
}
