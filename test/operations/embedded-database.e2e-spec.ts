import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { SANDBOX } from '../../src/common/sandbox-ids.js';
import { ROLES, USERS } from '../support/paths.js';
import { rowsOf } from '../support/rows.js';
import { createDataDir, sandboxKeys, ServiceProcess } from '../support/service-process.js';
import { useServiceProcesses } from '../support/use-service.js';

const run = promisify(execFile);

describe('The service with its embedded database', () => {
  let dataDir: Awaited<ReturnType<typeof createDataDir>>;
  let environment: Record<string, string>;
  const start = useServiceProcesses(() => environment);

  /** A DATA_DIR with a database and a sandbox, after an orderly stop, to be copied. */
  let template: Awaited<ReturnType<typeof createDataDir>>;

  beforeAll(async () => {
    template = await createDataDir();
    await (await ServiceProcess.start({ DATA_DIR: template.path })).stop();
  });
  beforeEach(async () => {
    dataDir = await createDataDir();
    environment = { DATA_DIR: dataDir.path };
  });
  afterAll(() => template.remove());
  afterEach(() => dataDir.remove());

  /** Starts on a copy of the template. */
  const startOnCopy = async (): Promise<ServiceProcess> => {
    await run('cp', ['-a', `${template.path}/.`, dataDir.path]); // keeps the owners: the database runs as another user
    return start();
  };

  const createUser = async (service: ServiceProcess, email: string): Promise<number> => {
    const account_permissions = [{ account_id: SANDBOX.accounts.lisbon, role_id: SANDBOX.roles.Agent }];
    const user = { email, first_name: 'Ada', last_name: 'Lovelace', account_permissions };
    return (await service.request(USERS, await sandboxKeys(dataDir.path), user)).status;
  };

  const pidFile = (): string => join(dataDir.path, 'postgres', 'postmaster.pid');
  const postmasterPid = async (): Promise<number> =>
    Number((await readFile(pidFile(), 'utf8')).split('\n')[0]);

  it('prints a key pair at its first start only, and stores it in a file with mode 0600', async () => {
    const first = await start();
    const keys = await sandboxKeys(dataDir.path);
    expect(first.output).toContain(keys.public_api_key);
    expect(first.output).toContain(keys.private_secret_key);
    expect(first.output).toContain(`Swagger UI: ${first.origin}/docs`);
    expect((await stat(join(dataDir.path, 'sandbox-keys.json'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(dataDir.path, 'postgres-password'))).mode & 0o777).toBe(0o600);
    expect(await first.stop()).toBe(0);
    const second = await start();
    expect(second.output).not.toContain(keys.private_secret_key);
    expect(second.output).not.toContain('curl');
  });

  it('prints a curl command that creates a user', async () => {
    const { output } = await start();
    const line = /^curl .*$/m.exec(output)?.[0] ?? '';
    const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
    const option = (flag: string): string[] => words.filter((_word, n) => words[n - 1] === flag);
    const headers = option('-H').map((header) => header.split(': ') as [string, string]);
    const answer = await fetch(words.find((word) => word.startsWith('http')) ?? '', {
      method: 'POST',
      headers,
      body: option('-d')[0] ?? '',
    });
    expect(answer.status).toBe(201);
  });

  it('keeps its data across a restart', async () => {
    const first = await startOnCopy();
    expect(await createUser(first, 'kept@example.com')).toBe(201);
    await first.stop();
    expect(existsSync(pidFile())).toBe(false); // the database was stopped last
    expect(await createUser(await start(), 'kept@example.com')).toBe(409);
  });

  it('uses a role with its own privileges', async () => {
    const service = await startOnCopy();
    const { output } = await ServiceProcess.cli(environment, 'database', 'url');
    await rowsOf(output.trim(), 'REVOKE INSERT ON users FROM tenantry_service');
    const withoutGrant = await createUser(service, 'refused@example.com');
    await rowsOf(output.trim(), 'GRANT INSERT ON users TO tenantry_service');
    expect([withoutGrant, await createUser(service, 'granted@example.com')]).toEqual([500, 201]);
  });

  it('uses the running database that a killed service left behind', async () => {
    const killed = await startOnCopy();
    expect(await createUser(killed, 'acknowledged@example.com')).toBe(201);
    const pid = await postmasterPid();
    await killed.stop('SIGKILL');
    const next = await start();
    expect(await postmasterPid()).toBe(pid);
    expect(await createUser(next, 'acknowledged@example.com')).toBe(409);
    await next.stop();
    expect(existsSync(pidFile())).toBe(false);
  });

  it('starts after service and database were killed together', async () => {
    const killed = await startOnCopy();
    expect(await createUser(killed, 'survives@example.com')).toBe(201);
    const pid = await postmasterPid();
    await killed.stop('SIGKILL');
    process.kill(pid, 'SIGKILL');
    expect(await createUser(await start(), 'survives@example.com')).toBe(409);
  });

  it('starts after it was killed while it created the database, and removes the partial files', async () => {
    const killed = ServiceProcess.spawn('dist/src/main.js', environment);
    const partialFolders = async (): Promise<string[]> =>
      (await readdir(dataDir.path)).filter((name) => name.startsWith('postgres.new-'));
    while ((await partialFolders()).length === 0) await pause(5);
    await killed.stop('SIGKILL');
    expect(await createUser(await start(), 'first@example.com')).toBe(201);
    expect(await partialFolders()).toEqual([]);
  });

  it('starts when a stale pid file names a running process that is not PostgreSQL', async () => {
    const killed = await startOnCopy();
    const pid = await postmasterPid();
    const stale = await readFile(pidFile(), 'utf8');
    await killed.stop('SIGKILL');
    process.kill(pid, 'SIGKILL');
    await writeFile(pidFile(), stale.replace(String(pid), String(process.pid)));
    expect(await createUser(await start(), 'again@example.com')).toBe(201);
  });

  it('shares its database with a second service that starts at the same time; the last to stop stops it', async () => {
    const [one, two] = await Promise.all([start(), start()]);
    const printed = [one, two].filter(({ output }) => output.includes('PRIVATE-SECRET-KEY'));
    expect(printed).toHaveLength(1);
    expect(await createUser(one, 'one@example.com')).toBe(201);
    expect(await createUser(two, 'one@example.com')).toBe(409);
    await one.stop();
    expect(await createUser(two, 'two@example.com')).toBe(201);
    await two.stop();
    expect(existsSync(pidFile())).toBe(false);
  });

  it('creates no sandbox with NODE_ENV=production', async () => {
    const service = await start({ NODE_ENV: 'production' });
    expect(service.output).not.toContain('KEY');
    expect(existsSync(join(dataDir.path, 'sandbox-keys.json'))).toBe(false);
  });

  it('CLI organization create works while the service runs', async () => {
    const service = await startOnCopy();
    const created = await ServiceProcess.createOrganization(environment);
    expect(Object.keys(created)).toEqual(['organization_id', 'public_api_key', 'private_secret_key']);
    const answer = await service.request(ROLES, created);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toHaveLength(6);
  });

  it('CLI database url and database migrate work while the service runs', async () => {
    await startOnCopy();
    const { code, output } = await ServiceProcess.cli(environment, 'database', 'url');
    expect(code).toBe(0);
    expect(await rowsOf(output.trim(), 'SELECT name FROM organizations')).toEqual([{ name: 'Sandbox' }]);
    expect((await ServiceProcess.cli(environment, 'database', 'migrate')).output).toBe('Nothing to do.\n');
  });

  it('CLI commands start and stop the database when no service runs', async () => {
    expect((await ServiceProcess.cli(environment, 'database', 'migrate')).output).toMatch(
      /^InitialSchema\d+\n/,
    );
    const { output } = await ServiceProcess.cli(environment, 'organization', 'create', '--name', 'Alone');
    expect(output).toMatch(
      /^Organization Alone: [0-9a-f-]{36}\nPUBLIC-API-KEY: pk_\w+\nPRIVATE-SECRET-KEY: sk_\w+\n/,
    );
    expect(existsSync(pidFile())).toBe(false);
    expect((await ServiceProcess.cli(environment, 'database', 'url')).code).toBe(1);
  });
});
