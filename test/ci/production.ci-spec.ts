import { beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import type { AccountGroupResponse } from '../../src/organizations/account-groups/dto/account-group.response.js';
import type { CreatedOrganization } from '../../src/organizations/organizations.service.js';
import { SANDBOX } from '../../src/common/sandbox-ids.js';
import type { RoleResponse } from '../../src/roles/dto/role.response.js';
import { keyHeaders } from '../support/client.js';
import type { TestDatabase } from '../support/database.js';
import { ServiceProcess } from '../support/service-process.js';
import { dataFolder } from '../support/temporary.js';
import { createExternalDatabase } from './external-server.js';
import { removeAfterwards } from '../support/leftovers.js';
import { rowsOf } from '../support/rows.js';
import { installForProduction } from './production-install.js';

describe('NODE_ENV=production on an external PostgreSQL', () => {
  let database: TestDatabase;
  let dataDir: string;
  let service: ServiceProcess;

  beforeAll(async () => {
    dataDir = join(await dataFolder(), 'data');
    database = await createExternalDatabase();
    service = await listening(spawnService({ ...production(database), DATA_DIR: dataDir }));
  });

  it('becomes ready', async () => {
    expect(await isReady(service)).toBe(true);
  });

  it('prints no keys', () => {
    expect(service.output).not.toMatch(/[ps]k_|-KEY/);
  });

  it('creates no sandbox organization', async () => {
    const sandbox = 'SELECT id FROM organizations WHERE id = $1';
    expect(await rowsOf(database.url, sandbox, [SANDBOX.organization_id])).toEqual([]);
  });

  it('creates no data folder', () => {
    expect(existsSync(dataDir)).toBe(false);
  });

  it('creates a user in an organization that the CLI created', async () => {
    const keys = await createOrganization(database);
    const answer = await createUser(service, keys);
    expect(answer.status).toBe(201);
  });

  it('exits with 0 on SIGTERM', async () => {
    expect(await service.stop()).toBe(0);
  });
});

describe('Two services that start at the same time on an empty database', () => {
  let database: TestDatabase;
  let services: ServiceProcess[];

  beforeAll(async () => {
    database = await createExternalDatabase();
    services = await atTheSameMoment(database, () =>
      [1, 2].map(() => listening(spawnService(production(database)))),
    );
  });

  it('both become ready', async () => {
    expect(await Promise.all(services.map(isReady))).toEqual([true, true]);
  });

  it('apply each migration once', async () => {
    const twice = 'SELECT name FROM migrations GROUP BY name HAVING count(*) > 1';
    expect(await rowsOf(database.url, twice)).toEqual([]);
  });
});

describe('MIGRATE_ON_START=false on an empty database', () => {
  it('exits with 1 and names the pending migrations', async () => {
    const service = spawnService({
      ...production(await createExternalDatabase()),
      MIGRATE_ON_START: 'false',
    });
    expect(await service.exitCode()).toBe(1);
    expect(service.output).toContain('InitialSchema1763856000000');
  });
});

describe('A production install', () => {
  it('becomes ready without development and optional packages', async () => {
    const database = await createExternalDatabase();
    const service = await listening(spawnService(production(database), await installForProduction()));
    expect(await isReady(service)).toBe(true);
  }, 300_000);
});

function spawnService(variables: Record<string, string>, checkout = '.'): ServiceProcess {
  const service = ServiceProcess.spawn(join(checkout, 'dist/src/main.js'), variables);
  removeAfterwards(() => service.stop('SIGKILL'));
  return service;
}

async function listening(service: ServiceProcess): Promise<ServiceProcess> {
  const stopped = service.exitCode().then(() => 'stopped');
  while (!service.output.includes('Tenantry listens on')) {
    if ((await Promise.race([stopped, pause(50)])) === 'stopped') throw new Error(service.output);
  }
  return service;
}

/** Locks the migrations table until all processes are connected and one of them waits for the lock. The others poll. */
async function atTheSameMoment<T>(database: TestDatabase, start: () => Promise<T>[]): Promise<T[]> {
  const lockHolder = new pg.Client({ connectionString: database.url });
  await lockHolder.connect();
  removeAfterwards(() => lockHolder.end());
  await lockHolder.query('BEGIN; CREATE TABLE migrations ()');
  const started = start();
  await untilAllConnected(database, started.length);
  await lockHolder.query('ROLLBACK');
  return Promise.all(started);
}

async function untilAllConnected(database: TestDatabase, processes: number): Promise<void> {
  const sessions = `
    SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'tenantry'
    HAVING count(*) > $1 AND bool_or(wait_event_type = 'Lock')`; // the migrating process has two sessions
  while ((await rowsOf(database.url, sessions, [processes])).length === 0) await pause(20);
}

async function isReady({ origin }: ServiceProcess): Promise<boolean> {
  return (await fetch(`${origin}/health/ready`)).ok;
}

function production({ url }: TestDatabase): Record<string, string> {
  return { NODE_ENV: 'production', DATABASE_URL: url };
}

async function createOrganization(database: TestDatabase): Promise<CreatedOrganization> {
  const command = ['organization', 'create', '--name', 'Acme', '--json'];
  const { output } = await ServiceProcess.cli(production(database), ...command);
  return JSON.parse(output) as CreatedOrganization;
}

async function createUser({ origin }: ServiceProcess, keys: CreatedOrganization): Promise<Response> {
  const headers = { ...keyHeaders(keys), 'Content-Type': 'application/json' };
  const post = (path: string, body: object): Promise<Response> =>
    fetch(`${origin}/v1/organizations/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  const roles = await json<RoleResponse[]>(fetch(`${origin}/v1/organizations/roles`, { headers }));
  const group = await json<AccountGroupResponse>(
    post('account-groups', { name: 'Europe', merchant_id: 'eu-01' }),
  );
  const role_id = roles.find(({ name }) => name === 'Developer')?.id;
  return post('users', {
    email: 'ada.lovelace@example.com',
    first_name: 'Ada',
    last_name: 'Lovelace',
    account_group_permissions: [{ account_group_id: group.id, role_id }],
  });
}

async function json<T>(answer: Promise<Response>): Promise<T> {
  return (await (await answer).json()) as T;
}
