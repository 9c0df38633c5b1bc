import { beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { createExternalDatabase } from '../ci/external-server.js';
import { removeAfterwards } from '../support/leftovers.js';
import { ServiceProcess } from '../support/service-process.js';
import type { Answer } from './http.js';
import { startService } from './processes.js';
import { rowsOf } from '../support/rows.js';
import { dataFolder } from '../support/temporary.js';
import { Tenant } from './tenant.js';
import { USERS } from './user-load.js';

const USER_COUNT = 25;
const ENCRYPTION_KEY = randomBytes(32).toString('base64');
const LISTS = ['', '/users?page_size=100', '/roles', '/account-groups', '/accounts', '/permissions-catalog'];

describe('The commands of docs/operations/backup.md', () => {
  let tenant: Tenant;
  let original: ServiceProcess;
  let restored: ServiceProcess;
  let restoredUrl: string;

  beforeAll(async () => {
    const { url } = await createExternalDatabase();
    original = await startService({ DATABASE_URL: url, ENCRYPTION_KEY });
    tenant = await Tenant.create(url, original.origin, 'Acme');
    for (let n = 0; n < USER_COUNT; n += 1) expect((await create(original, n)).status).toBe(201);
    restoredUrl = await dumpAndRestore(url);
    restored = await startService({ DATABASE_URL: restoredUrl, ENCRYPTION_KEY });
  });

  const create = ({ origin }: ServiceProcess, n: number): Promise<Answer> => {
    const headers = { 'X-Idempotency-Key': `backup.${String(n)}` };
    return tenant.send(origin, {
      method: 'POST',
      path: USERS,
      headers,
      body: tenant.user(`${String(n)}@example.com`),
    });
  };

  const get = async ({ origin }: ServiceProcess, path: string): Promise<Answer> =>
    tenant.send(origin, { path: `/v1/organizations${path}` });

  it.each(LISTS)('make a database on which GET /v1/organizations%s answers the same', async (path) => {
    const [before, after] = [await get(original, path), await get(restored, path)];
    expect([after.status, after.text]).toEqual([200, before.text]);
  });

  it('keep users and the responses that are stored for idempotency keys', async () => {
    const { text } = await get(restored, '/users');
    expect(JSON.parse(text)).toMatchObject({ pagination: { total_items: USER_COUNT } });
    const [before, after] = [await create(original, 7), await create(restored, 7)];
    expect([after.status, after.headers['idempotent-replayed']]).toEqual([201, 'true']);
    expect(after.text).toBe(before.text);
  });

  it('keep row-level security forced', async () => {
    const forced = "SELECT relforcerowsecurity AS forced FROM pg_class WHERE oid = 'users'::regclass";
    expect(await rowsOf(restoredUrl, forced)).toEqual([{ forced: true }]);
  });

  it('keep the audit chain valid', async () => {
    const { code, output } = await ServiceProcess.cli({ DATABASE_URL: restoredUrl }, 'audit', 'verify');
    expect([code, output]).toEqual([0, expect.stringMatching(/: \d+ events hold/)]);
  });
});

/** Runs the lines of the page as they stand, in a folder of their own. @returns the owner's URL of the new database */
async function dumpAndRestore(databaseUrl: string): Promise<string> {
  const name = `restored_${randomBytes(6).toString('hex')}`;
  const [superuserUrl, newUrl] = [superuser(pathOf(databaseUrl)), superuser(`/${name}`)];
  removeAfterwards(() => rowsOf(superuser('/postgres'), `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
  const env = { ...process.env, SUPERUSER_URL: superuserUrl, RESTORED_URL: newUrl };
  const script = (await backupLines()).replaceAll('tenantry_restored', name);
  const options = { cwd: await dataFolder(), env, timeout: 60_000 };
  await promisify(execFile)('bash', ['-e', '-u', '-o', 'pipefail', '-c', script], options);
  return Object.assign(new URL(databaseUrl), { pathname: `/${name}` }).href;
}

async function backupLines(): Promise<string> {
  const [, lines] = /^```sh\n(.*?)^```$/ms.exec(await readFile('docs/operations/backup.md', 'utf8')) ?? [];
  if (lines === undefined) throw new Error('docs/operations/backup.md has no sh block');
  return lines;
}

function superuser(path: string): string {
  const url = process.env['EXTERNAL_SUPERUSER_URL'];
  if (!url) throw new Error('EXTERNAL_SUPERUSER_URL is not set; .ci/run starts a server and sets it');
  return Object.assign(new URL(url), { pathname: path }).href;
}

function pathOf(url: string): string {
  return new URL(url).pathname;
}
