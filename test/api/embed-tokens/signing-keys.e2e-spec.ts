import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { TestApp } from '../../support/app.js';
import { Client } from '../../support/client.js';
import { AUTHENTICATE, USERS } from '../../support/paths.js';
import { ANOTHER_KEY, kidOf, useSigningKeys } from '../../support/use-signing-keys.js';

const { service, startReplica, replica, acme, user, tokenBy, isActiveAt, publishedBy, storedKids } =
  useSigningKeys();

describe('The first signing key', () => {
  it('is created once for concurrent requests to two replicas', async () => {
    const tokens = await Promise.all(
      Array.from({ length: 20 }, (_, n) => tokenBy(n % 2 === 0 ? service : replica)),
    );
    expect(await storedKids()).toEqual([kidOf(tokens[0] ?? '')]);
    expect(new Set(tokens.map(kidOf)).size).toBe(1);
  });

  it('signs tokens that the other replica accepts at once', async () => {
    expect(await isActiveAt(replica, await tokenBy(service))).toBe(true);
    expect(await isActiveAt(service, await tokenBy(replica))).toBe(true);
  });

  it('is stored encrypted', async () => {
    await tokenBy(service);
    const [row] = await service.dataSource.query<{ private_key: Buffer }[]>(
      'SELECT private_key FROM signing_keys',
    );
    const text = row?.private_key.toString('latin1') ?? '';
    expect(text.length).toBeGreaterThan(100);
    expect(text).not.toContain(Buffer.from('2a8648ce3d0201', 'hex').toString('latin1')); // ecPublicKey
  });
});

describe('With another ENCRYPTION_KEY than that of the stored signing key', () => {
  let other: TestApp;
  let before: string;

  beforeAll(async () => {
    other = await startReplica({ ENCRYPTION_KEY: ANOTHER_KEY });
  });
  beforeEach(async () => {
    before = await tokenBy(service);
  });

  it('Authenticate White-Label User returns 503, creates no key, and other requests succeed', async () => {
    const answer = await Client.with(other, acme.keys).post(AUTHENTICATE, { user_id: user.id });
    expect([answer.status, answer.body.code]).toEqual([503, 'SERVICE_UNAVAILABLE']);
    expect(answer.body.messages).toEqual([expect.stringContaining('the log of the service has the cause')]);
    expect(await storedKids()).toEqual([kidOf(before)]);
    expect((await Client.with(other, acme.keys).get(USERS)).status).toBe(200);
  });

  it('Introspect Token still accepts earlier tokens', async () => {
    expect(await isActiveAt(other, before)).toBe(true);
    expect(await publishedBy(other)).toEqual([kidOf(before)]);
  });
});

describe('Signing keys in the database', () => {
  const key = "decode('00', 'hex')";

  it.each([
    [
      'signing_keys_current_key',
      `INSERT INTO signing_keys (kid, public_jwk, private_key) VALUES ('a', '{}', ${key}), ('b', '{}', ${key})`,
    ],
    [
      'signing_keys_public_check',
      `INSERT INTO signing_keys (kid, public_jwk, private_key) VALUES ('a', '{"d": "x"}', ${key})`,
    ],
    [
      'signing_keys_retired_check',
      `INSERT INTO signing_keys (kid, public_jwk, private_key, retired_at) VALUES ('a', '{}', ${key}, now())`,
    ],
  ])('have the constraint %s', async (constraint, statement) => {
    await expect(service.dataSource.query(statement)).rejects.toMatchObject({ driverError: { constraint } });
  });
});
