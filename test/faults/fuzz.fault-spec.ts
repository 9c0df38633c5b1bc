import { beforeAll, describe, expect, it } from '@jest/globals';
import type { OpenAPIObject } from '@nestjs/swagger';
import fc from 'fast-check';
import { randomInt } from 'node:crypto';
import { Agent } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { ServiceProcess } from '../support/service-process.js';
import { migratedDatabase } from '../support/temporary.js';
import { callOf, fuzzedRequests, type Ids } from './fuzzed-requests.js';
import { send, type Answer, type Call } from './http.js';
import { startService } from './processes.js';
import { rawAnswer, rawRequests } from './raw-requests.js';
import { Tenant } from './tenant.js';

const REQUESTS = 20_000;
const BATCH_SIZE = 500;
const CONNECTIONS = 8;
const RAW_REQUESTS = 400;
/** Limits the run: a slow machine sends fewer requests, but not fewer than MIN_REQUESTS. */
const MAX_DURATION_MS = 80_000;
const MIN_REQUESTS = 2_000;
/** Requests after which caches are full and memory is measured for comparison. */
const WARM_UP_REQUESTS = MIN_REQUESTS;
/** Part of every name in the other organization. */
const MARKER = 'zz-other-zz';

const REPORT_MEMORY = '--expose-gc --import ./test/faults/report-memory.js';

const SEED = randomInt(2 ** 31);

describe(`Fuzzing: requests with one mutation each (seed ${String(SEED)})`, () => {
  let service: ServiceProcess;
  let tenant: Tenant;
  /** Ids of the other organization that no request contains. */
  let hidden: Ids;
  const statuses: number[] = [];
  const faults: unknown[] = [];
  let memoryAfterWarmUp: number | undefined;

  beforeAll(async () => {
    const database = await migratedDatabase();
    service = await startService({ DATABASE_URL: database.url, NODE_OPTIONS: REPORT_MEMORY });
    tenant = await Tenant.create(database.url, service.origin, 'Acme');
    const other = await Tenant.create(database.url, service.origin, MARKER);
    const foreign = await createObjects(other, service, `${MARKER}1`);
    hidden = {
      ...(await createObjects(other, service, `${MARKER}2`)),
      organization_id: other.organizationId,
    };
    const document = JSON.parse(
      (await send(service.origin, { path: '/openapi.json' })).text,
    ) as OpenAPIObject;
    const requests = fuzzedRequests(document, foreign);
    const deadline = performance.now() + MAX_DURATION_MS;
    for (let seed = SEED; statuses.length < REQUESTS && performance.now() < deadline; seed += 1) {
      const own = await createObjects(tenant, service, `own${String(seed)}`);
      await sendAll(
        fc.sample(requests, { numRuns: BATCH_SIZE, seed }).map((request) => callOf(request, own)),
      );
      if (statuses.length >= WARM_UP_REQUESTS) memoryAfterWarmUp ??= await memoryOf(service);
    }
  }, 150_000);

  const sendAll = async (calls: Call[]): Promise<void> => {
    const agent = new Agent({ keepAlive: true });
    const work = async (): Promise<void> => {
      for (let call = calls.shift(); call !== undefined; call = calls.shift())
        await sendOne({ ...call, agent });
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, work));
    agent.destroy();
  };

  const sendOne = async ({ agent, ...call }: Call & { agent: Agent }): Promise<void> => {
    const answer = await tenant
      .send(service.origin, { ...call, agent })
      .catch((error: unknown) => String(error));
    if (typeof answer !== 'string') statuses.push(answer.status);
    const fault = faultOf(answer, hidden);
    if (fault !== undefined) faults.push({ fault, call: JSON.stringify(call).slice(0, 600), answer });
  };

  it('never cause a 5xx, and never reveal data of another organization', () => {
    expect(faults.slice(0, 5)).toEqual([]);
  });

  it('cover every usual status', () => {
    expect(statuses.length).toBeGreaterThanOrEqual(MIN_REQUESTS);
    for (const status of [200, 201, 204, 400, 401, 404, 409]) expect(statuses).toContain(status);
  });

  it('include malformed HTTP, which causes no 5xx', async () => {
    const raws = fc.sample(rawRequests(tenant.headers), { numRuns: RAW_REQUESTS, seed: SEED });
    const answers = await Promise.all(raws.map((bytes) => rawAnswer(service.origin, bytes)));
    expect(answers.filter((answer) => /^HTTP\/1\.1 5|zz-other-zz/m.test(answer))).toEqual([]);
  });

  it('leave memory below 1.5 times that after warm-up', async () => {
    expect(await memoryOf(service)).toBeLessThan(1.5 * (memoryAfterWarmUp ?? 0));
  });

  it('leave the service ready', async () => {
    expect((await send(service.origin, { path: '/health/ready' })).status).toBe(200);
  });

  it('log no error', () => {
    const errors = service.output.split('\n').filter((line) => /"level":[56]0/.test(line));
    expect(errors.slice(0, 5)).toEqual([]);
  });
});

/** @returns the fault of an answer, or undefined */
function faultOf(answer: Answer | string, hidden: Ids): string | undefined {
  if (typeof answer === 'string') return 'the connection was closed';
  if (answer.status >= 500) return 'status 5xx';
  const content = answer.text + JSON.stringify(answer.headers);
  const secrets = [MARKER, ...Object.values(hidden)];
  return secrets.some((secret) => content.includes(secret))
    ? 'it contains data of another organization'
    : undefined;
}

/** Creates a group, an account, a role and a user with the word in their names. @returns their ids */
async function createObjects(tenant: Tenant, { origin }: ServiceProcess, word: string): Promise<Ids> {
  const create = async (path: string, body: object): Promise<string> => {
    const call = { method: 'POST', path: `/v1/organizations/${path}`, body: JSON.stringify(body) };
    const answer = await tenant.send(origin, call);
    if (answer.status !== 201) throw new Error(answer.text);
    return (JSON.parse(answer.text) as { id: string }).id;
  };
  const account_group_id = await create('account-groups', { name: word, merchant_id: word });
  const account_id = await create(`account-groups/${account_group_id}/accounts`, { name: word });
  const role_id = await create('roles', { name: word, permission_ids: ['payments:view'] });
  const names = { first_name: word, last_name: word, email: `${word}@example.com` };
  const account_permissions = [{ account_id, role_id }];
  const user_id = await create('users', { ...names, account_permissions });
  return { account_group_id, account_id, role_id, user_id };
}

/** @returns the bytes in use after a garbage collection */
async function memoryOf(service: ServiceProcess): Promise<number> {
  await pause(500);
  const start = service.output.length;
  process.kill(service.pid, 'SIGUSR2');
  await service.saying('bytes', start);
  return Number(/memory in use: (\d+)/.exec(service.output.slice(start))?.[1]);
}
