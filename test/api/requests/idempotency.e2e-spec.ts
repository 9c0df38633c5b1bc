import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { Page } from '../../../src/common/pagination/page.js';
import { IdempotencyService } from '../../../src/unit-of-work/idempotency/idempotency.service.js';
import type { UserResponse } from '../../../src/users/dto/user.response.js';
import {
  createAccount,
  createOrganization,
  newUser,
  type TestOrganization,
} from '../../support/factories/organization.js';
import { startApp, type TestApp } from '../../support/app.js';
import type { Answer, Method } from '../../support/client.js';
import { untilSomebodyWaitsForALock } from '../../support/locks.js';

const USERS = '/v1/organizations/users';
const KEY = 'X-Idempotency-Key';

/** POSTs that change nothing. */
const QUESTIONS = ['check-permissions', 'authenticate-whitelabel-user', 'introspect-token'];

describe('A request with an idempotency key', () => {
  let service: TestApp;
  let acme: TestOrganization;
  let key: string;

  beforeAll(async () => {
    service = await startApp();
    acme = await createOrganization(service);
  });
  beforeEach(() => {
    key = randomUUID();
  });
  afterAll(() => service.close());

  const send = <T = { code?: string; errors?: object[] }>(
    method: Method,
    path: string,
    body?: unknown,
    headers: Record<string, string> = { [KEY]: key },
  ): Promise<Answer<T>> => acme.client.send<T>(method, path, body, headers);
  const usersWith = async (email: unknown): Promise<UserResponse[]> =>
    (await acme.client.get<Page<UserResponse>>(`${USERS}?email=${String(email)}`)).body.data;
  const isReplayed = ({ headers }: { headers: Record<string, unknown> }): boolean =>
    headers['idempotent-replayed'] === 'true';

  it('can be every request that changes something', () => {
    const paths = service.document.paths as Record<
      string,
      Record<string, { operationId: string; parameters?: { name: string }[] }>
    >;
    const without = Object.values(paths)
      .flatMap((item) => Object.entries(item))
      .filter(([method, { operationId }]) => method !== 'get' && !QUESTIONS.includes(operationId))
      .filter(([, { parameters = [] }]) => !parameters.some(({ name }) => name === KEY))
      .map(([, { operationId }]) => operationId);
    expect(without).toEqual([]);
  });

  it.each([KEY, 'Idempotency-Key'])(
    'sent again with %s is answered the same, and done once',
    async (header) => {
      const body = newUser(acme);
      const first = await send<UserResponse>('POST', USERS, body, { [header]: key });
      const again = await send<UserResponse>('POST', USERS, body, { [header]: key });
      expect([first.status, isReplayed(first)]).toEqual([201, false]);
      expect([again.status, isReplayed(again)]).toEqual([201, true]);
      expect(again.text).toBe(first.text);
      for (const name of ['location', 'etag', 'content-type'])
        expect([name, again.headers[name]]).toEqual([name, first.headers[name]]);
      expect(await usersWith(body['email'])).toHaveLength(1);
    },
  );

  it('that deletes is answered 204 again', async () => {
    const { body: user } = await acme.client.post<UserResponse>(USERS, newUser(acme));
    const answers = [
      await send('DELETE', `${USERS}/${user.id}`),
      await send('DELETE', `${USERS}/${user.id}`),
    ];
    expect(answers.map((answer) => [answer.status, answer.text, isReplayed(answer)])).toEqual([
      [204, '', false],
      [204, '', true],
    ]);
  });

  it('that replaces is not done again over a later change', async () => {
    const { body: user } = await acme.client.post<UserResponse>(USERS, newUser(acme));
    const path = `${USERS}/${user.id}`;
    await send('PATCH', path, { first_name: 'Early' });
    await acme.client.patch(path, { first_name: 'Late' });
    const again = await send<UserResponse>('PATCH', path, { first_name: 'Early' });
    expect([again.body.first_name, isReplayed(again)]).toEqual(['Early', true]);
    expect((await acme.client.get<UserResponse>(path)).body.first_name).toBe('Late');
  });

  it('is answered the same when what it refers to could not be used any more', async () => {
    const account = await createAccount(acme.client, acme.group.id);
    const body = newUser(acme, {
      account_permissions: [{ account_id: account.id, role_id: acme.roles.Agent }],
    });
    const first = await send('POST', USERS, body);
    await acme.client.delete(`/v1/organizations/accounts/${account.id}`);
    const again = await send('POST', USERS, body);
    expect([again.status, again.text]).toEqual([201, first.text]);
  });

  it('is the same in whatever order its members stand', async () => {
    const body = newUser(acme);
    await send('POST', USERS, body);
    const reversed = Object.fromEntries(Object.entries(body).reverse());
    expect(isReplayed(await send('POST', USERS, JSON.stringify(reversed, undefined, 4)))).toBe(true);
  });

  it('is refused when the key came with another body, path, method or query', async () => {
    const body = newUser(acme);
    const { body: user } = await send<UserResponse>('POST', USERS, body);
    const others = [
      await send('POST', USERS, newUser(acme)),
      await send('POST', '/v1/organizations/account-groups', { name: 'x', merchant_id: 'y' }),
      await send('DELETE', `${USERS}/${user.id}`),
      await send('POST', `${USERS}?x=1`, body),
      await send('POST', `${USERS}?dry_run=yes`, body),
      await send('POST', `${USERS}?dry_run=true&dry_run=true`, body),
    ];
    expect(others.map(({ status, body: { code } }) => [status, code])).toEqual(
      others.map(() => [409, 'IDEMPOTENCY_KEY_REUSED']),
    );
    expect(await usersWith(user.email)).toHaveLength(1);
  });

  it.each([
    ['half of a surrogate pair', '"\\ud800"', 'INVALID_CHARACTERS'],
    ['a member named by half of a surrogate pair', '{ "\\ud800": 1 }', 'INVALID_TYPE'],
    ['a number past what a double holds', '1e999', 'INVALID_TYPE'],
  ])('is told what is wrong with %s, which has no canonical form', async (_name, text, code) => {
    const wrong = JSON.stringify(newUser(acme, { last_name: 'x' })).replace('"x"', text);
    const refused = await send('POST', USERS, wrong);
    expect([refused.status, refused.body.errors]).toEqual([
      400,
      [expect.objectContaining({ field: 'last_name', code })],
    ]);
    await send('POST', USERS, newUser(acme));
    const reused = await send('POST', USERS, wrong);
    expect([reused.status, reused.body.code]).toEqual([409, 'IDEMPOTENCY_KEY_REUSED']);
  });

  it('has nothing to do with the same key of another organization', async () => {
    const other = await createOrganization(service, 'Other');
    await send('POST', USERS, newUser(acme));
    const answer = await other.client.send('POST', USERS, newUser(other), { [KEY]: key });
    expect([answer.status, isReplayed(answer)]).toEqual([201, false]);
  });

  it('that was refused leaves its key free', async () => {
    const taken = newUser(acme);
    const { body: user } = await acme.client.post<UserResponse>(USERS, taken);
    const refused = [await send('POST', USERS, { email: 'x' }), await send('POST', USERS, taken)];
    expect(refused.map(({ status }) => status)).toEqual([400, 409]);
    await acme.client.delete(`${USERS}/${user.id}`);
    expect((await send('POST', USERS, taken)).status).toBe(201);
  });

  it('that failed leaves neither change nor key', async () => {
    const body = newUser(acme);
    const { dataSource } = service;
    await dataSource.query(
      'ALTER TABLE idempotency_records ADD CONSTRAINT full_disk CHECK (false) NOT VALID',
    );
    const failed = await send('POST', USERS, body);
    await dataSource.query('ALTER TABLE idempotency_records DROP CONSTRAINT full_disk');
    expect([failed.status, await usersWith(body['email'])]).toEqual([500, []]);
    const again = await send('POST', USERS, body);
    expect([again.status, isReplayed(again)]).toEqual([201, false]);
  });

  it('that fails at the very end leaves neither change nor key', async () => {
    const body = newUser(acme);
    const { dataSource } = service;
    await dataSource.query(`
      CREATE FUNCTION fail_at_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;
      CREATE CONSTRAINT TRIGGER fail_at_commit AFTER INSERT ON users DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION fail_at_commit()`);
    const failed = await send('POST', USERS, body);
    await dataSource.query('DROP FUNCTION fail_at_commit CASCADE');
    expect([failed.status, await usersWith(body['email'])]).toEqual([500, []]);
    const again = await send('POST', USERS, body);
    expect([again.status, isReplayed(again)]).toEqual([201, false]);
  });

  it('sent many times at once is done once, and every answer is the same', async () => {
    const body = newUser(acme);
    const holder = service.dataSource.createQueryRunner();
    await holder.startTransaction();
    await holder.query(
      `INSERT INTO users (organization_id, id, email, first_name, last_name)
       VALUES ($1, gen_random_uuid(), $2, 'In', 'The way')`,
      [acme.id, body['email']],
    );
    const sent = Array.from({ length: 8 }, () => send('POST', USERS, body));
    await untilSomebodyWaitsForALock(service);
    await holder.rollbackTransaction();
    await holder.release();
    const answers = await Promise.all(sent);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers.filter((answer) => !isReplayed(answer))).toHaveLength(1);
    expect(await usersWith(body['email'])).toHaveLength(1);
  });

  it('waits for the same one that is being done, and gets its answer', async () => {
    const { body: user } = await acme.client.post<UserResponse>(USERS, newUser(acme));
    const holder = service.dataSource.createQueryRunner();
    await holder.startTransaction();
    await holder.query('SELECT FROM users WHERE id = $1 FOR UPDATE', [user.id]);
    const path = `${USERS}/${user.id}`;
    const first = send('PATCH', path, { first_name: 'Once' });
    await untilSomebodyWaitsForALock(service);
    const second = send('PATCH', path, { first_name: 'Once' });
    await holder.commitTransaction();
    await holder.release();
    expect((await second).text).toBe((await first).text);
    expect([isReplayed(await first), isReplayed(await second)]).toEqual([false, true]);
  });

  it('gives up waiting at last', async () => {
    const holder = service.dataSource.createQueryRunner();
    await holder.startTransaction();
    await holder.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`${acme.id} ${key}`]);
    const answer = await send('POST', USERS, newUser(acme));
    await holder.rollbackTransaction();
    await holder.release();
    expect([answer.status, answer.body.code]).toEqual([409, 'REQUEST_IN_PROGRESS']);
    expect(answer.headers['retry-after']).toBe('1');
  }, 20_000);

  it.each(['made', 'rotated'])('never keeps the secret of a key that is %s, and says why', async (what) => {
    const keys = '/v1/organizations/api-keys';
    const made = await acme.client.post<{ id: string }>(keys, { name: 'Till', scopes: ['users:read'] });
    const [path, body] =
      what === 'made'
        ? [keys, { name: 'Till' }]
        : [`${keys}/${made.body.id}/rotate`, { overlap_seconds: 60 }];
    const first = await send<Record<string, string>>('POST', path, body);
    const again = await send<Record<string, unknown>>('POST', path, body);
    const { private_secret_key: secret, ...rest } = first.body;
    expect(secret).toMatch(/^sk_/);
    expect([again.status, isReplayed(again)]).toEqual([first.status, true]);
    expect(again.body).toMatchObject({ ...rest, private_secret_key: null });
    expect(again.body['private_secret_key_note']).toMatch(/only in the first response/);
    const kept = await service.dataSource.query<{ text: string }[]>(
      "SELECT coalesce(string_agg(r::text, ''), '') AS text FROM idempotency_records r",
    );
    expect(kept[0]?.text).not.toContain('sk_');
  });

  it('plans without using its key', async () => {
    const body = newUser(acme);
    await send('POST', `${USERS}?dry_run=true`, body);
    const made = await send('POST', USERS, body);
    expect([made.status, isReplayed(made)]).toEqual([201, false]);
    const planned = await send('POST', `${USERS}?dry_run=true`, body);
    expect([planned.status, planned.body.code]).toEqual([409, 'USER_ALREADY_EXISTS']);
  });

  it('is new again when the key is old, and old keys are removed', async () => {
    const { body: user } = await acme.client.post<UserResponse>(USERS, newUser(acme));
    const path = `${USERS}/${user.id}`;
    const age = "UPDATE idempotency_records SET created_at = now() - interval '24 hours' WHERE key = $1";
    await send('PATCH', path, { first_name: 'One' });
    await service.dataSource.query(age, [key]);
    expect(isReplayed(await send('PATCH', path, { first_name: 'Two' }))).toBe(false);
    expect(isReplayed(await send('PATCH', path, { first_name: 'Two' }))).toBe(true);
    await service.dataSource.query(age, [key]);
    const count = (): Promise<unknown[]> =>
      service.dataSource.query('SELECT FROM idempotency_records WHERE key = $1', [key]);
    expect(await count()).toHaveLength(1);
    await service.app.get(IdempotencyService).removeExpired();
    expect(await count()).toHaveLength(0);
    await send('PATCH', path, { first_name: 'Two' });
    await service.app.get(IdempotencyService).removeExpired();
    expect(await count()).toHaveLength(1);
  });

  it('keeps its key when it is done again while old keys are removed', async () => {
    const { body: user } = await acme.client.post<UserResponse>(USERS, newUser(acme));
    await send('PATCH', `${USERS}/${user.id}`, { first_name: 'One' });
    const change = (created_at: string): string =>
      `UPDATE idempotency_records SET created_at = ${created_at} WHERE key = $1`;
    await service.dataSource.query(change("now() - interval '24 hours'"), [key]);
    const removal = await service.dataSource.transaction(async (manager) => {
      await manager.query(change('now()'), [key]);
      const removing = service.app.get(IdempotencyService).removeExpired();
      await untilSomebodyWaitsForALock(service);
      return { removing };
    });
    await removal.removing;
    expect(isReplayed(await send('PATCH', `${USERS}/${user.id}`, { first_name: 'One' }))).toBe(true);
  });

  it.each([
    [{ [KEY]: '' }, 'TOO_SHORT'],
    [{ [KEY]: 'with space' }, 'INVALID_CHARACTERS'],
    [{ [KEY]: 'é' }, 'INVALID_CHARACTERS'],
    [{ [KEY]: 'x'.repeat(256) }, 'TOO_LONG'],
    [{ [KEY]: 'a', 'Idempotency-Key': 'b' }, 'INVALID_VALUE'],
  ])('is refused with %j', async (headers, code) => {
    const body = newUser(acme);
    const answer = await send('POST', USERS, body, headers as Record<string, string>);
    expect([answer.status, answer.body.errors]).toMatchObject([400, [{ field: KEY, code }]]);
    expect(await usersWith(body['email'])).toEqual([]);
  });

  it.each(['~', 'x'.repeat(255)])('may have the key %s', async (longest) => {
    expect((await send('POST', USERS, newUser(acme), { [KEY]: longest })).status).toBe(201);
  });
});
