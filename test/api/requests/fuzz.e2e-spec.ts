import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { createOrganization, newUser, type TestOrganization } from '../../support/factories/organization.js';
import { startApp, type TestApp } from '../../support/app.js';

const USERS = '/v1/organizations/users';

describe('Create User, given anything at all', () => {
  let service: TestApp;
  let acme: TestOrganization;
  let other: TestOrganization;

  beforeAll(async () => {
    service = await startApp();
    acme = await createOrganization(service, 'Acme');
    other = await createOrganization(service, 'Other');
  });
  afterAll(() => service.close());

  const users = async (): Promise<number> => {
    const rows: { count: number }[] = await service.dataSource.query(
      'SELECT count(*)::int AS count FROM users',
    );
    return rows[0]?.count ?? -1;
  };

  /** Either a user is made as documented, or nothing is, and the answer is a documented 4xx. */
  const holds = async (body: string, isKeyed: boolean): Promise<void> => {
    const before = await users();
    const headers: Record<string, string> = isKeyed ? { 'X-Idempotency-Key': randomUUID() } : {};
    const answer = await acme.client.post(USERS, body, headers);
    if (answer.status === 201) {
      expect(await users()).toBe(before + 1);
    } else {
      expect([400, 409]).toContain(answer.status);
      expect(await users()).toBe(before);
    }
  };

  it('as JSON of any form, makes a whole user or none, and never fails', async () => {
    await fc.assert(fc.asyncProperty(jsonText(fc.jsonValue({ maxDepth: 4 })), fc.boolean(), holds), {
      numRuns: 150,
    });
  });

  it('as a right body with one member changed to anything, makes a whole user or none, and never fails', async () => {
    const member = fc.constantFrom(
      'email',
      'first_name',
      'last_name',
      'account_permissions',
      'account_group_permissions',
    );
    const id = fc.oneof(fc.uuid(), fc.constantFrom('ours', 'theirs'), fc.string());
    const role = fc.oneof(fc.constantFrom('Agent', 'Admin', 'foreign'), fc.string({ unit: 'binary' }));
    const entry = fc.oneof(
      fc.record({ account_id: id, role_id: role }, { requiredKeys: [] }),
      fc.record({ account_group_id: id, role_id: role }, { requiredKeys: [] }),
      fc.jsonValue({ maxDepth: 1 }),
    );
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.emailAddress(),
      fc.jsonValue({ maxDepth: 2 }),
      fc.array(entry, { maxLength: 5 }),
    );
    const known: Record<string, string> = {
      ours: acme.account.id,
      theirs: other.account.id,
      Agent: acme.roles.Agent,
      Admin: acme.roles.Admin,
      foreign: other.roles.Agent,
    };
    await fc.assert(
      fc.asyncProperty(member, value, fc.boolean(), async (name, changed, isKeyed) => {
        const filled = JSON.parse(JSON.stringify(changed), (_key, inner: unknown) =>
          typeof inner === 'string' ? (known[inner] ?? inner) : inner,
        ) as unknown;
        await holds(JSON.stringify(newUser(acme, { [name]: filled })), isKeyed);
      }),
      { numRuns: 300 },
    );
  });

  it('never gave a role that may not be given, nor one on what belongs to another', async () => {
    const wrong: unknown[] = await service.dataSource.query(
      `SELECT 1 FROM account_permissions p
       LEFT JOIN roles r ON r.organization_id = p.organization_id AND r.id = p.role_id AND NOT r.admin AND NOT r.staff
       LEFT JOIN accounts a ON a.organization_id = p.organization_id AND a.id = p.account_id
       WHERE r.id IS NULL OR a.id IS NULL`,
    );
    expect(wrong).toEqual([]);
    expect(await users()).toBeGreaterThan(0);
  });
});

/** With values in some places that are JSON, and that no canonical form has. */
function jsonText(values: fc.Arbitrary<unknown>): fc.Arbitrary<string> {
  const odd = fc.constantFrom('"\\ud800"', '{"\\udfff":1}', '1e999', '-1e999');
  return fc.tuple(values, odd, fc.boolean()).map(([value, text, isOdd]) => {
    const json = JSON.stringify(value);
    return isOdd ? json.replace(/null|true|false|\d+(?=[,\]}])/, () => text) : json;
  });
}
