import type { NestExpressApplication } from '@nestjs/platform-express';
import type { OpenAPIObject } from '@nestjs/swagger';
import type { Server } from 'node:http';
import request from 'supertest';
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
  /** The superuser's, for what the tests do behind the service's back. */
  dataSource: DataSource;
  document: OpenAPIObject;
  close(): Promise<void>;
}

/** All tests of a file come from one address, and some are refused on purpose; test/limits.e2e-spec.ts sets its own. */
const BEYOND_ALL_TESTS = { RATE_LIMIT_PER_ADDRESS: 1_000_000, RATE_LIMIT_REFUSALS: 1_000_000 };

/** The service, listening on a free port, on a database of its own. */
export async function startApp(settings: Partial<Environment> = {}, given?: TestDatabase): Promise<TestApp> {
  const database = given ?? (await createDatabase());
  const environment = Object.assign(
    new Environment(),
    { NODE_ENV: 'test', LOG_LEVEL: 'silent', ENCRYPTION_KEY: TEST_ENCRYPTION_KEY, ...BEYOND_ALL_TESTS },
    settings,
  );
  const app = await createApp(new Settings(environment, database.url, database.serviceRole));
  await app.listen(0, '127.0.0.1');
  const dataSource = new DataSource(dataSourceOptions(database.url));
  if (app.get(DataSource).isInitialized) await dataSource.initialize(); // else the database is away, and meant to be
  const server = app.getHttpServer();
  const answer = await request(server).get('/openapi.json');
  return {
    app,
    server,
    database,
    dataSource,
    document: answer.body as OpenAPIObject,
    close: async () => {
      await app.close();
      if (dataSource.isInitialized) await dataSource.destroy();
      if (given === undefined) await database.drop();
    },
  };
}
