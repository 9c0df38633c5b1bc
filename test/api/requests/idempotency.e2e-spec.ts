import { beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { Page } from '../../../src/common/pagination/page.js';
import { IdempotencyService } from '../../../src/unit-of-work/idempotency/idempotency.service.js';
import type { UserResponse } from '../../../src/users/dto/user.response.js';
import {
  createAccount,
  createOrganization,
  createUser,
  newUser,
} from '../../support/factories/organization.js';
import { onAccount } from '../../support/factories/permissions.js';
import { type Answer, type Method, outcomeOf } from '../../support/client.js';
import { isMutation, operationsOf } from '../../support/every-operation.js';
import { untilSessionWaitsForLock } from '../../support/locks.js';
import { ACCOUNTS, API_KEYS, GROUPS, USERS } from '../../support/paths.js';
import { useService } from '../../support/use-service.js';
import { beginTransaction } from '../../support/transaction.js';

const KEY = 'X-Idempotency-Key';

describe('X-Idempotency-Key', () => {
  const { service, acme } = useService();
  let key: string;

  beforeEach(() => {
    key = randomUUID();
  });

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

  it('is a header of every operation that changes something', () => {
    const without = operationsOf(service).filter((one) => isMutation(one) && !one.headers.includes(KEY));
    expect(without).toEqual([]);
  });

  it.each([KEY, 'Idempotency-Key'])(
    '%s: a repeated request returns the same response and is done once',
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

  it('a repeated DELETE returns 204', async () => {
    const user = await createUser(acme);
    const answers = [
      await send('DELETE', `${USERS}/${user.id}`),
      await send('DELETE', `${USERS}/${user.id}`),
    ];
    expect(answers.map((answer) => [answer.status, answer.text, isReplayed(answer)])).toEqual([
      [204, '', false],
      [204, '', true],
    ]);
  });

  it('a repeated PATCH does not overwrite a later change', async () => {
    const user = await createUser(acme);
    const path = `${USERS}/${user.id}`;
    await send('PATCH', path, { first_name: 'Early' });
    await acme.client.patch(path, { first_name: 'Late' });
    const again = await send<UserResponse>('PATCH', path, { first_name: 'Early' });
    expect([again.body.first_name, isReplayed(again)]).toEqual(['Early', true]);
    expect((await acme.client.get<UserResponse>(path)).body.first_name).toBe('Late');
  });

  it('a repeated request returns the same response after its references became invalid', async () => {
    const account = await createAccount(acme.client, acme.group.id);
    const body = newUser(acme, onAccount(account.id, acme.roles.Agent));
    const first = await send('POST', USERS, body);
    await acme.client.delete(`${ACCOUNTS}/${account.id}`);
    const again = await send('POST', USERS, body);
    expect([again.status, again.text]).toEqual([201, first.text]);
  });

  it('the order of properties in the body does not matter', async () => {
    const body = newUser(acme);
    await send('POST', USERS, body);
    const reversed = Object.fromEntries(Object.entries(body).reverse());
    expect(isReplayed(await send('POST', USERS, JSON.stringify(reversed, undefined, 4)))).toBe(true);
  });

  it('another body, path, method or query returns 409 IDEMPOTENCY_KEY_REUSED', async () => {
    const body = newUser(acme);
    const { body: user } = await send<UserResponse>('POST', USERS, body);
    const others = [
      await send('POST', USERS, newUser(acme)),
      await send('POST', GROUPS, { name: 'x', merchant_id: 'y' }),
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
    ['a lone surrogate', '"\\ud800"', 'INVALID_CHARACTERS'],
    ['a property named by a lone surrogate', '{ "\\ud800": 1 }', 'INVALID_TYPE'],
    ['a number beyond the range of a double', '1e999', 'INVALID_TYPE'],
  ])('a body without a canonical form returns 400, or 409 with a used key: %s', async (_name, text, code) => {
    const wrong = JSON.stringify(newUser(acme, { last_name: 'x' })).replace('"x"', text);
    const refused = await send('POST', USERS, wrong);
    expect([refused.status, refused.body.errors]).toEqual([
      400,
      [expect.objectContaining({ field: 'last_name', code })],
    ]);
    await send('POST', USERS, newUser(acme));
    expect(outcomeOf(await send('POST', USERS, wrong))).toEqual([409, 'IDEMPOTENCY_KEY_REUSED']);
  });

  it('the same key of another organization is another key', async () => {
    const other = await createOrganization(service, 'Other');
    await send('POST', USERS, newUser(acme));
    const answer = await other.client.send('POST', USERS, newUser(other), { [KEY]: key });
    expect([answer.status, isReplayed(answer)]).toEqual([201, false]);
  });

  it('a request that returns 400 or 409 does not use the key', async () => {
    const taken = newUser(acme);
    const { body: user } = await acme.client.post<UserResponse>(USERS, taken);
    const refused = [await send('POST', USERS, { email: 'x' }), await send('POST', USERS, taken)];
    expect(refused.map(({ status }) => status)).toEqual([400, 409]);
    await acme.client.delete(`${USERS}/${user.id}`);
    expect((await send('POST', USERS, taken)).status).toBe(201);
  });

  it('a request that fails does not use the key and changes nothing', async () => {
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

  it('a request that fails at COMMIT does not use the key and changes nothing', async () => {
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

  it('concurrent requests are done once and return the same response', async () => {
    const body = newUser(acme);
    const rival = await beginTransaction(service);
    await rival.query(
      `INSERT INTO users (organization_id, id, email, first_name, last_name)
       VALUES ($1, gen_random_uuid(), $2, 'In', 'The way')`,
      [acme.id, body['email']],
    );
    const sent = Array.from({ length: 8 }, () => send('POST', USERS, body));
    await untilSessionWaitsForLock(service);
    await rival.rollback();
    const answers = await Promise.all(sent);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers.filter((answer) => !isReplayed(answer))).toHaveLength(1);
    expect(await usersWith(body['email'])).toHaveLength(1);
  });

  it('a repeated request waits for the first one and returns its response', async () => {
    const user = await createUser(acme);
    const rival = await beginTransaction(service);
    await rival.query('SELECT FROM users WHERE id = $1 FOR UPDATE', [user.id]);
    const path = `${USERS}/${user.id}`;
    const first = send('PATCH', path, { first_name: 'Once' });
    await untilSessionWaitsForLock(service);
    const second = send('PATCH', path, { first_name: 'Once' });
    await rival.commit();
    expect((await second).text).toBe((await first).text);
    expect([isReplayed(await first), isReplayed(await second)]).toEqual([false, true]);
  });

  it('a repeated request returns 409 REQUEST_IN_PROGRESS if the first one takes too long', async () => {
    const rival = await beginTransaction(service);
    await rival.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`${acme.id} ${key}`]);
    const answer = await send('POST', USERS, newUser(acme));
    await rival.rollback();
    expect([answer.status, answer.body.code]).toEqual([409, 'REQUEST_IN_PROGRESS']);
    expect(answer.headers['retry-after']).toBe('1');
  }, 20_000);

  it.each(['created', 'rotated'])(
    'the stored response of an API key that was %s has no secret, and says why',
    async (what) => {
      const created = await acme.client.post<{ id: string }>(API_KEYS, {
        name: 'Till',
        scopes: ['users:read'],
      });
      const [path, body] =
        what === 'created'
          ? [API_KEYS, { name: 'Till' }]
          : [`${API_KEYS}/${created.body.id}/rotate`, { overlap_seconds: 60 }];
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
    },
  );

  it('a dry run does not use the key', async () => {
    const body = newUser(acme);
    await send('POST', `${USERS}?dry_run=true`, body);
    const made = await send('POST', USERS, body);
    expect([made.status, isReplayed(made)]).toEqual([201, false]);
    expect(outcomeOf(await send('POST', `${USERS}?dry_run=true`, body))).toEqual([
      409,
      'USER_ALREADY_EXISTS',
    ]);
  });

  it('expires after 24 hours, and expired keys are removed', async () => {
    const user = await createUser(acme);
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

  it('is kept if it is used again while expired keys are removed', async () => {
    const user = await createUser(acme);
    await send('PATCH', `${USERS}/${user.id}`, { first_name: 'One' });
    const change = (created_at: string): string =>
      `UPDATE idempotency_records SET created_at = ${created_at} WHERE key = $1`;
    await service.dataSource.query(change("now() - interval '24 hours'"), [key]);
    const removal = await service.dataSource.transaction(async (manager) => {
      await manager.query(change('now()'), [key]);
      const removing = service.app.get(IdempotencyService).removeExpired();
      await untilSessionWaitsForLock(service);
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
  ])('%j returns 400', async (headers, code) => {
    const body = newUser(acme);
    const answer = await send('POST', USERS, body, headers as Record<string, string>);
    expect([answer.status, answer.body.errors]).toMatchObject([400, [{ field: KEY, code }]]);
    expect(await usersWith(body['email'])).toEqual([]);
  });

  it.each(['~', 'x'.repeat(255)])('accepts the key %s', async (longest) => {
    expect((await send('POST', USERS, newUser(acme), { [KEY]: longest })).status).toBe(201);
  });
});
