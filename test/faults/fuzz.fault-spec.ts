import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { OpenAPIObject } from '@nestjs/swagger';
import fc from 'fast-check';
import { randomInt } from 'node:crypto';
import { Agent } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { removeLeftovers } from '../ci/leftovers.js';
import type { ServiceProcess } from '../support/service-process.js';
import { callOf, fuzzedRequests, type Ids } from './fuzzed-requests.js';
import { send, type Answer, type Call } from './http.js';
import { migratedDatabase, startService } from './processes.js';
import { rawAnswer, rawRequests } from './raw-requests.js';
import { Tenant } from './tenant.js';

const REQUESTS = 20_000;
const AT_ONCE = 500;
const CONNECTIONS = 8;
const RAW = 400;
/** Milliseconds, however slow the machine: fewer requests are sent on a slow one. */
const LONGEST = 80_000;
const FEWEST = 2_000;
/** Requests after which everything was in use once. */
const WARM = FEWEST;
/** In everything that the other organization has. */
const MARKER = 'zz-other-zz';

const TELL_MEMORY = '--expose-gc --import ./test/faults/tell-memory.js';

const SEED = randomInt(2 ** 31);

afterAll(removeLeftovers);

describe(`The service, given requests that are wrong in one place each (seed ${String(SEED)})`, () => {
  let service: ServiceProcess;
  let tenant: Tenant;
  /** Of the other organization; the requests name none of them. */
  let hidden: Ids;
  const statuses: number[] = [];
  const faults: unknown[] = [];
  let warm: number | undefined;

  beforeAll(async () => {
    const database = await migratedDatabase();
    service = await startService({ DATABASE_URL: database.url, NODE_OPTIONS: TELL_MEMORY });
    tenant = await Tenant.create(database.url, service.origin, 'Acme');
    const other = await Tenant.create(database.url, service.origin, MARKER);
    const foreign = await seeded(other, service, `${MARKER}1`);
    hidden = { ...(await seeded(other, service, `${MARKER}2`)), organization_id: other.organizationId };
    const document = JSON.parse(
      (await send(service.origin, { path: '/openapi.json' })).text,
    ) as OpenAPIObject;
    const requests = fuzzedRequests(document, foreign);
    const deadline = performance.now() + LONGEST;
    for (let seed = SEED; statuses.length < REQUESTS && performance.now() < deadline; seed += 1) {
      const own = await seeded(tenant, service, `own${String(seed)}`);
      await sendAll(fc.sample(requests, { numRuns: AT_ONCE, seed }).map((request) => callOf(request, own)));
      if (statuses.length >= WARM) warm ??= await heldBy(service);
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

  it('never fails, and never shows what belongs to another organization', () => {
    expect(faults.slice(0, 5)).toEqual([]);
  });

  it('was asked thousands of times, and answered in every way', () => {
    expect(statuses.length).toBeGreaterThanOrEqual(FEWEST);
    for (const status of [200, 201, 204, 400, 401, 404, 409]) expect(statuses).toContain(status);
  });

  it('stands bytes that are no requests', async () => {
    const raws = fc.sample(rawRequests(tenant.headers), { numRuns: RAW, seed: SEED });
    const answers = await Promise.all(raws.map((bytes) => rawAnswer(service.origin, bytes)));
    expect(answers.filter((answer) => /^HTTP\/1\.1 5|zz-other-zz/m.test(answer))).toEqual([]);
  });

  it('holds as much memory at the end as when it was warm, half as much again at most', async () => {
    expect(await heldBy(service)).toBeLessThan(1.5 * (warm ?? 0));
  });

  it('is ready at the end', async () => {
    expect((await send(service.origin, { path: '/health/ready' })).status).toBe(200);
  });

  it('has logged no error', () => {
    const errors = service.output.split('\n').filter((line) => /"level":[56]0/.test(line));
    expect(errors.slice(0, 5)).toEqual([]);
  });
});

/** @returns what is wrong with the answer; undefined for nothing */
function faultOf(answer: Answer | string, hidden: Ids): string | undefined {
  if (typeof answer === 'string') return 'the connection broke';
  if (answer.status >= 500) return 'it failed';
  const shown = answer.text + JSON.stringify(answer.headers);
  const secrets = [MARKER, ...Object.values(hidden)];
  return secrets.some((secret) => shown.includes(secret)) ? 'it shows what is not the caller’s' : undefined;
}

/** Makes a group, an account, a role and a user, all with the word in them. @returns their ids */
async function seeded(tenant: Tenant, { origin }: ServiceProcess, word: string): Promise<Ids> {
  const make = async (path: string, body: object): Promise<string> => {
    const call = { method: 'POST', path: `/v1/organizations/${path}`, body: JSON.stringify(body) };
    const answer = await tenant.send(origin, call);
    if (answer.status !== 201) throw new Error(answer.text);
    return (JSON.parse(answer.text) as { id: string }).id;
  };
  const account_group_id = await make('account-groups', { name: word, merchant_id: word });
  const account_id = await make(`account-groups/${account_group_id}/accounts`, { name: word });
  const role_id = await make('roles', { name: word, permission_ids: ['payments:view'] });
  const names = { first_name: word, last_name: word, email: `${word}@example.com` };
  const account_permissions = [{ account_id, role_id }];
  const user_id = await make('users', { ...names, account_permissions });
  return { account_group_id, account_id, role_id, user_id };
}

/** @returns bytes, after a rest and a garbage collection */
async function heldBy(service: ServiceProcess): Promise<number> {
  await pause(500);
  const told = service.output.length;
  process.kill(service.pid, 'SIGUSR2');
  await service.saying('bytes', told);
  return Number(/memory held: (\d+)/.exec(service.output.slice(told))?.[1]);
}
