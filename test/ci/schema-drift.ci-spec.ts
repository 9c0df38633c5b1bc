import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { DataSource, type QueryRunner } from 'typeorm';
import { dataSourceOptions } from '../../src/database/data-source-options.js';
import { startApp } from '../support/app.js';
import { ServiceProcess } from '../support/service-process.js';
import { useEmptyDatabasePerTest } from '../support/use-service.js';
import { schemaOf } from './schema-dump.js';

describe('Migrations', () => {
  const { database, owner: dataSource } = useEmptyDatabasePerTest();

  it('create the schema that the entities describe', async () => {
    const service = await startApp();
    const { entities = [] } = service.app.get(DataSource).options;
    await service.close();
    const migrated = new DataSource({ ...dataSourceOptions(database.url), entities });
    await migrated.initialize();
    await migrated.runMigrations();
    const createRunner = migrated.createQueryRunner.bind(migrated);
    migrated.createQueryRunner = (mode) => queryingInTurn(createRunner(mode));
    const { upQueries } = await migrated.driver.createSchemaBuilder().log();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
    expect(migrated.entityMetadatas.length).toBeGreaterThan(10);
    await migrated.destroy();
  });

  it('restore the previous schema when reverted one by one', async () => {
    const schemas: string[][] = [];
    for (const index of dataSource.migrations.keys()) {
      schemas.push(await schemaOf(dataSource));
      await runFirstMigrations(database.url, index + 1);
    }
    for (const schema of schemas.reverse()) {
      await dataSource.undoLastMigration();
      expect(await schemaOf(dataSource)).toEqual(schema);
    }
  });

  it('create the same schema again after all were reverted', async () => {
    await dataSource.runMigrations();
    const schema = await schemaOf(dataSource);
    for (const _migration of dataSource.migrations) await dataSource.undoLastMigration();
    await dataSource.runMigrations();
    expect(await schemaOf(dataSource)).toEqual(schema);
  });
});

/** TypeORM reads the schema with concurrent queries on one connection, which pg deprecates. */
function queryingInTurn(runner: QueryRunner): QueryRunner {
  const query = runner.query.bind(runner) as (...parameters: unknown[]) => Promise<unknown>;
  let last: Promise<unknown> = Promise.resolve();
  runner.query = ((...parameters: unknown[]) => {
    last = last.then(() => query(...parameters));
    return last;
  }) as QueryRunner['query'];
  return runner;
}

async function runFirstMigrations(url: string, count: number): Promise<void> {
  const options = dataSourceOptions(url);
  const migrations = Object.values(options.migrations ?? []).slice(0, count);
  const dataSource = await new DataSource({ ...options, migrations }).initialize();
  await dataSource.runMigrations();
  await dataSource.destroy();
}

describe('docs/openapi.json', () => {
  it('equals the output of "npm run openapi"', async () => {
    const { output } = await ServiceProcess.cli({}, 'openapi');
    expect(readFileSync('docs/openapi.json', 'utf8')).toBe(output);
  });
});
