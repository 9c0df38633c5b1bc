import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { DataSource } from 'typeorm';
import type { Environment } from '../../src/config/environment.js';
import { dataSourceOptions } from '../../src/database/data-source-options.js';
import { startApp, type TestApp } from './app.js';
import { createDatabase, createEmptyDatabase, type TestDatabase } from './database.js';
import { createOrganization, type TestOrganization } from './factories/organization.js';
import { ServiceProcess } from './service-process.js';

interface ServiceOptions<Name extends string> {
  settings?: Partial<Environment>;
  organizations?: readonly Name[];
  /** Creates new organizations before each test instead of once. */
  perTest?: boolean;
}

export type UsedService<Name extends string> = Record<Name, TestOrganization> & {
  service: TestApp;
  /** Starts another service on the same database, which is stopped together with the first one. */
  startReplica: (settings?: Partial<Environment>) => Promise<TestApp>;
};

/**
 * Starts the service on a database of its own and creates organizations, before the tests of the enclosing block;
 * stops it after them. The hooks fill in the objects that are returned, so they can be destructured at once.
 */
export function useService<Name extends string = 'acme'>({
  settings = {},
  organizations = ['acme' as Name],
  perTest = false,
}: ServiceOptions<Name> = {}): UsedService<Name> {
  const service = {} as TestApp;
  const replicas: TestApp[] = [];
  const created = Object.fromEntries(organizations.map((name) => [name, {}])) as Record<
    Name,
    TestOrganization
  >;
  beforeAll(async () => {
    Object.assign(service, await startApp(settings));
  });
  (perTest ? beforeEach : beforeAll)(async () => {
    for (const name of organizations)
      Object.assign(
        created[name],
        await createOrganization(
          service,
          name.replace(/^./, (first) => first.toUpperCase()),
        ),
      );
  });
  afterAll(async () => {
    for (const replica of replicas) await replica.close();
    await service.close();
  });
  const startReplica = async (replicaSettings: Partial<Environment> = {}): Promise<TestApp> => {
    const replica = await startApp({ ...settings, ...replicaSettings }, service.database);
    replicas.push(replica);
    return replica;
  };
  return { service, startReplica, ...created };
}

/**
 * Creates a migrated database before the tests of the enclosing block, and drops it after them.
 * @param disconnect ends the test's own connections first: a drop cuts them, and afterAll hooks run in their order
 */
export function useDatabase(disconnect?: () => Promise<void>): TestDatabase {
  const database = {} as TestDatabase;
  beforeAll(async () => {
    Object.assign(database, await createDatabase());
  });
  afterAll(async () => {
    await disconnect?.();
    await database.drop();
  });
  return database;
}

/** Creates an empty database before each test, with a connection of its owner, and drops it afterwards. */
export function useEmptyDatabasePerTest(): { database: TestDatabase; owner: DataSource } {
  const database = {} as TestDatabase;
  const owner = new DataSource({ type: 'postgres' });
  beforeEach(async () => {
    Object.assign(database, await createEmptyDatabase());
    await owner.setOptions(dataSourceOptions(database.url)).initialize();
  });
  afterEach(async () => {
    await owner.destroy();
    await database.drop();
  });
  return { database, owner };
}

/**
 * For tests that need a service with settings of their own: `start` starts it with a new organization, on one
 * database for all tests of the enclosing block. It is stopped after each test.
 */
export function useServicePerTest(): {
  service: TestApp;
  database: TestDatabase;
  start: (settings: Partial<Environment>, database?: TestDatabase) => Promise<TestOrganization>;
} {
  const service = {} as TestApp;
  const database = useDatabase();
  afterEach(() => service.close());
  const start = async (settings: Partial<Environment>, on = database): Promise<TestOrganization> => {
    Object.assign(service, await startApp(settings, on));
    return createOrganization(service);
  };
  return { service, database, start };
}

/** @returns a function that starts the service as a process, which is stopped after the test */
export function useServiceProcesses(
  environment: () => Record<string, string>,
): (changes?: Record<string, string>) => Promise<ServiceProcess> {
  const running: ServiceProcess[] = [];
  afterEach(() => Promise.all(running.splice(0).map((service) => service.stop())));
  return async (changes = {}) => {
    const service = await ServiceProcess.start({ ...environment(), ...changes });
    running.push(service);
    return service;
  };
}
