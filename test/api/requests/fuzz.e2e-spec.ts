import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { newUser } from '../../support/factories/organization.js';
import { USERS } from '../../support/paths.js';
import { useService } from '../../support/use-service.js';
import { propertyRuns } from '../../support/property-runs.js';

describe('Create User (POST /v1/organizations/users) with random bodies', () => {
  const { service, acme, other } = useService({ organizations: ['acme', 'other'] });

  const users = async (): Promise<number> => {
    const rows: { count: number }[] = await service.dataSource.query(
      'SELECT count(*)::int AS count FROM users',
    );
    return rows[0]?.count ?? -1;
  };

  /** Expects one new user and 201, or no new user and a documented error. */
  const expectUserOrError = async (body: string, isKeyed: boolean): Promise<void> => {
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

  it('creates a user or returns a documented error for any JSON', async () => {
    await fc.assert(
      fc.asyncProperty(jsonText(fc.jsonValue({ maxDepth: 4 })), fc.boolean(), expectUserOrError),
      {
        numRuns: propertyRuns(150),
      },
    );
  });

  it('creates a user or returns a documented error for any value of one property', async () => {
    const member = fc.constantFrom(
      'email',
      'first_name',
      'last_name',
      'account_permissions',
      'account_group_permissions',
    );
    const id = fc.oneof(fc.uuid(), fc.constantFrom('own', 'foreign'), fc.string());
    const role = fc.oneof(fc.constantFrom('Agent', 'Admin', 'foreign role'), fc.string({ unit: 'binary' }));
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
      own: acme.account.id,
      foreign: other.account.id,
      Agent: acme.roles.Agent,
      Admin: acme.roles.Admin,
      'foreign role': other.roles.Agent,
    };
    await fc.assert(
      fc.asyncProperty(member, value, fc.boolean(), async (name, changed, isKeyed) => {
        const filled = JSON.parse(JSON.stringify(changed), (_key, inner: unknown) =>
          typeof inner === 'string' ? (known[inner] ?? inner) : inner,
        ) as unknown;
        await expectUserOrError(JSON.stringify(newUser(acme, { [name]: filled })), isKeyed);
      }),
      { numRuns: propertyRuns(300) },
    );
  });

  it('has stored no permission with a reserved role or on a foreign account', async () => {
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

/** JSON, some of it with values that have no canonical form. */
function jsonText(values: fc.Arbitrary<unknown>): fc.Arbitrary<string> {
  const odd = fc.constantFrom('"\\ud800"', '{"\\udfff":1}', '1e999', '-1e999');
  return fc.tuple(values, odd, fc.boolean()).map(([value, text, isOdd]) => {
    const json = JSON.stringify(value);
    return isOdd ? json.replace(/null|true|false|\d+(?=[,\]}])/, () => text) : json;
  });
}
