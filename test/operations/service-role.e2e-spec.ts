import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { Environment } from '../../src/config/environment.js';
import { Settings } from '../../src/config/settings.js';
import { dataSourceOptions } from '../../src/database/data-source-options.js';
import { Replicas } from '../../src/database/replicas/replicas.js';
import { TenantDatabase } from '../../src/database/tenant-database.js';
import { prepareSearch } from '../../src/users/prepare-search.js';
import { usersList } from '../../src/users/users.queries.js';
import { createEmptyDatabase, type TestDatabase } from '../support/database.js';
import { ServiceProcess } from '../support/service-process.js';

describe('CLI: database roles', () => {
  it.each([
    'postgres://owner:x@/db?host=/tmp',
    'postgres:///db?host=/tmp',
    'postgres://h/db?user=o&password=x',
  ])('refuses DATABASE_URL %s, which has no place for the password', async (DATABASE_URL) => {
    const { code, output } = await ServiceProcess.cli({ DATABASE_URL }, 'database', 'roles');
    expect([code, output]).toEqual([1, expect.stringMatching(/^DATABASE_URL must have the form/)]);
  });
});

describe('A service role that "database roles" created', () => {
  const role = `service_${randomUUID().slice(0, 8)}`;
  let database: TestDatabase;
  let serviceUrl: string;
  let client: pg.Client;

  beforeAll(async () => {
    database = await createEmptyDatabase();
    const owner = { DATABASE_URL: database.url };
    await ServiceProcess.cli(owner, 'database', 'migrate');
    await ServiceProcess.cli(owner, 'organization', 'create', '--name', 'Acme');
    const { output } = await ServiceProcess.cli(owner, 'database', 'roles', '--service', role);
    serviceUrl = output.trim();
    client = new pg.Client({ connectionString: serviceUrl });
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    const owner = new pg.Client({ connectionString: database.url });
    await owner.connect();
    await owner.query(`DROP OWNED BY ${role}, ${role}_search; DROP ROLE ${role}, ${role}_search`);
    await owner.end();
    await database.drop();
  });

  it('is bound by row-level security', async () => {
    const { rows } = await client.query(
      'SELECT current_user AS role, (SELECT count(*)::int FROM roles) AS visible',
    );
    expect(rows).toEqual([{ role, visible: 0 }]);
  });

  it.each(['CREATE TABLE mine ()', 'DELETE FROM migrations'])('may not %s', async (statement) => {
    await expect(client.query(statement)).rejects.toThrow(/permission denied/);
  });

  it('switches to its own search role', async () => {
    const organizationId = randomUUID();
    const dataSource = await new DataSource(dataSourceOptions(serviceUrl)).initialize();
    const settings = new Settings(new Environment(), serviceUrl);
    const tenantDatabase = new TenantDatabase(dataSource, new Replicas(dataSource, settings), settings);
    const roles = await tenantDatabase.read(organizationId, async (manager) => {
      const list = usersList(organizationId, { search: 'ada' }, 'created_at');
      await prepareSearch(manager, list, 'ada', { page_size: 20 });
      return manager.query<object[]>(
        `SELECT current_user AS role, current_setting('tenantry.search') AS pattern`,
      );
    });
    expect(roles).toEqual([{ role: `${role}_search`, pattern: '%ada%' }]);
    await dataSource.destroy();
  });

  it('is enough to run the service', async () => {
    const service = await ServiceProcess.start({ DATABASE_URL: serviceUrl, MIGRATE_ON_START: 'false' });
    expect((await fetch(`${service.origin}/health/ready`)).status).toBe(200);
    expect(await service.stop()).toBe(0);
  });
});
