import { beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { AccountGroupResponse } from '../../src/organizations/account-groups/dto/account-group.response.js';
import type { CreatedOrganization } from '../../src/organizations/organizations.service.js';
import { SANDBOX } from '../../src/common/sandbox-ids.js';
import type { RoleResponse } from '../../src/roles/dto/role.response.js';
import type { TestDatabase } from '../support/database.js';
import { ServiceProcess } from '../support/service-process.js';
import { dataFolder } from '../support/temporary.js';
import { createExternalDatabase } from './external-server.js';
import { removeAfterwards } from '../support/leftovers.js';
import { GROUPS, ROLES, USERS } from '../support/paths.js';
import { rowsOf } from '../support/rows.js';
import { installForProduction } from './production-install.js';

describe('NODE_ENV=production on an external PostgreSQL', () => {
  let database: TestDatabase;
  let dataDir: string;
  let service: ServiceProcess;

  beforeAll(async () => {
    dataDir = join(await dataFolder(), 'data');
    database = await createExternalDatabase();
    service = await spawnService({ ...production(database), DATA_DIR: dataDir }).listening();
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
    const keys = await ServiceProcess.createOrganization(production(database));
    const answer = await createUser(service, keys);
    expect(answer.status).toBe(201);
  });

  it('exits with 0 on SIGTERM', async () => {
    expect(await service.stop()).toBe(0);
  });
});

describe('A production install', () => {
  it('becomes ready without development and optional packages', async () => {
    const database = await createExternalDatabase();
    const service = await spawnService(production(database), await installForProduction()).listening();
    expect(await isReady(service)).toBe(true);
  }, 300_000);
});

function spawnService(variables: Record<string, string>, checkout = '.'): ServiceProcess {
  const service = ServiceProcess.spawn(join(checkout, 'dist/src/main.js'), variables);
  removeAfterwards(() => service.stop('SIGKILL'));
  return service;
}

async function isReady({ origin }: ServiceProcess): Promise<boolean> {
  return (await fetch(`${origin}/health/ready`)).ok;
}

function production({ url }: TestDatabase): Record<string, string> {
  return { NODE_ENV: 'production', DATABASE_URL: url };
}

/** @returns the response to the creation of a user with a role on a new group */
async function createUser(service: ServiceProcess, keys: CreatedOrganization): Promise<Response> {
  const roles = (await (await service.request(ROLES, keys)).json()) as RoleResponse[];
  const created = await service.request(GROUPS, keys, { name: 'Europe', merchant_id: 'eu-01' });
  const { id: account_group_id } = (await created.json()) as AccountGroupResponse;
  const role_id = roles.find(({ name }) => name === 'Developer')?.id;
  return service.request(USERS, keys, {
    email: 'ada.lovelace@example.com',
    first_name: 'Ada',
    last_name: 'Lovelace',
    account_group_permissions: [{ account_group_id, role_id }],
  });
}
