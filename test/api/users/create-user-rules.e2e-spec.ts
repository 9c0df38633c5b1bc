import { describe, expect, it } from '@jest/globals';
import { createAccount, insertCustomRole, newUser } from '../../support/factories/organization.js';
import { onAccount, onGroup } from '../../support/factories/permissions.js';
import { UNKNOWN_ID, USERS } from '../../support/paths.js';
import { useService } from '../../support/use-service.js';

describe('Create User (POST /v1/organizations/users) returns 400 VALIDATION_ERROR for', () => {
  const { service, acme, other } = useService({ organizations: ['acme', 'other'] });

  /** Expects the body to be refused and no user to be created. @returns field and code of each error */
  const refused = async (body: unknown): Promise<string[]> => {
    const count = 'SELECT count(*)::int AS count FROM users';
    const before: unknown = await service.dataSource.query(count);
    const answer = await acme.client.post(USERS, body);
    expect(await service.dataSource.query(count)).toEqual(before);
    expect(answer.status).toBe(400);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    const [type, code] = ['/errors#VALIDATION_ERROR', 'VALIDATION_ERROR'];
    expect(answer.body).toMatchObject({ type, code, status: 400 });
    expect(answer.body.messages).toEqual(
      answer.body.errors.map(({ field, message }) => `${field}: ${message}`),
    );
    return answer.body.errors.map(({ field, code }) => `${field} ${code}`);
  };

  describe('a field', () => {
    const text = 'x'.repeat(256);
    it.each([
      ['email', undefined, 'REQUIRED'],
      ['first_name', undefined, 'REQUIRED'],
      ['last_name', undefined, 'REQUIRED'],
      ['email', null, 'INVALID_TYPE'],
      ['first_name', 5, 'INVALID_TYPE'],
      ['first_name', ['Ada'], 'INVALID_TYPE'],
      ['last_name', { is: 'Ada' }, 'INVALID_TYPE'],
      ['last_name', true, 'INVALID_TYPE'],
      ['first_name', '', 'TOO_SHORT'],
      ['last_name', ' \t\u00a0 ', 'TOO_SHORT'],
      ['first_name', text, 'TOO_LONG'],
      ['last_name', '🥋'.repeat(256), 'TOO_LONG'],
      ['first_name', 'A\u0000da', 'INVALID_CHARACTERS'],
      ['first_name', 'A\nda', 'INVALID_CHARACTERS'],
      ['last_name', 'Love\ud800lace', 'INVALID_CHARACTERS'],
      ['email', '', 'INVALID_EMAIL'],
      ['email', 'ada', 'INVALID_EMAIL'],
      ['email', 'ada@', 'INVALID_EMAIL'],
      ['email', 'Ada <ada@example.com>', 'INVALID_EMAIL'],
      ['email', 'a\u0000da@example.com', 'INVALID_CHARACTERS'],
      ['email', 'a\ud800da@example.com', 'INVALID_CHARACTERS'],
      ['email', 'ada@exa\ud800mple.com', 'INVALID_CHARACTERS'],
      [
        'email',
        `${'a'.repeat(64)}@${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}.${'e'.repeat(20)}.com`,
        'TOO_LONG',
      ],
      ['account_permissions', null, 'INVALID_TYPE'],
      ['account_permissions', {}, 'INVALID_TYPE'],
      ['account_permissions', 'none', 'INVALID_TYPE'],
      ['account_group_permissions', null, 'INVALID_TYPE'],
      ['account_group_permissions', { 0: {} }, 'INVALID_TYPE'],
    ])('%s: %j (%s)', async (field, value, code) => {
      expect(await refused(newUser(acme, { [field]: value }))).toEqual([`${field} ${code}`]);
    });
  });

  describe('a permission array entry', () => {
    it.each([
      ['null', null],
      ['a number', 1],
      ['a string', 'x'],
      ['an array', []],
      ['an array with an entry', [{}]],
    ])('that is %s: INVALID_TYPE', async (_what, entry) => {
      const good = { account_id: acme.account.id, role_id: acme.roles.Agent };
      expect(await refused(newUser(acme, { account_permissions: [good, entry] }))).toEqual([
        'account_permissions[1] INVALID_TYPE',
      ]);
    });

    it('without properties: REQUIRED for each', async () => {
      expect(
        await refused(newUser(acme, { account_permissions: [{}], account_group_permissions: [{}] })),
      ).toEqual([
        'account_permissions[0].account_id REQUIRED',
        'account_permissions[0].role_id REQUIRED',
        'account_group_permissions[0].account_group_id REQUIRED',
        'account_group_permissions[0].role_id REQUIRED',
      ]);
    });

    it('with properties of wrong types: INVALID_TYPE for each', async () => {
      const account_permissions = [{ account_id: 7, role_id: { $ne: null } }];
      expect(await refused(newUser(acme, { account_permissions }))).toEqual([
        'account_permissions[0].account_id INVALID_TYPE',
        'account_permissions[0].role_id INVALID_TYPE',
      ]);
    });

    it('with an id that is not a UUID: INVALID_UUID', async () => {
      const account_permissions = [{ account_id: 'lisbon', role_id: acme.roles.Agent }];
      expect(await refused(newUser(acme, { account_permissions }))).toEqual([
        'account_permissions[0].account_id INVALID_UUID',
      ]);
    });

    it('with a NUL in its role id: INVALID_CHARACTERS', async () => {
      const account_permissions = [{ account_id: acme.account.id, role_id: 'rol_\u0000' }];
      expect(await refused(newUser(acme, { account_permissions }))).toEqual([
        'account_permissions[0].role_id INVALID_CHARACTERS',
      ]);
    });

    it('with the account or group of an earlier entry: DUPLICATE_ASSIGNMENT', async () => {
      const { account, group, roles } = acme;
      const body = newUser(acme, {
        account_permissions: [
          { account_id: account.id, role_id: roles.Agent },
          { account_id: account.id.toUpperCase(), role_id: roles.Developer },
        ],
        account_group_permissions: [
          { account_group_id: group.id, role_id: roles.Agent },
          { account_group_id: group.id, role_id: roles.Agent },
        ],
      });
      expect(await refused(body)).toEqual([
        'account_permissions[1].account_id DUPLICATE_ASSIGNMENT',
        'account_group_permissions[1].account_group_id DUPLICATE_ASSIGNMENT',
      ]);
    });

    it('number 501: TOO_MANY for the array, no errors for its entries', async () => {
      const entry = { account_id: UNKNOWN_ID, role_id: 'rol_unknown' };
      expect(await refused(newUser(acme, { account_permissions: Array(501).fill(entry) }))).toEqual([
        'account_permissions TOO_MANY',
      ]);
    });
  });

  describe('unknown properties (UNKNOWN_PROPERTY)', () => {
    it('of the user and of permission entries', async () => {
      const body = newUser(acme, {
        id: UNKNOWN_ID,
        organization_id: other.id,
        account_permissions: [
          { account_id: acme.account.id, role_id: acme.roles.Agent, role_assignable: true },
        ],
      });
      expect(await refused(body)).toEqual([
        'id UNKNOWN_PROPERTY',
        'organization_id UNKNOWN_PROPERTY',
        'account_permissions[0].role_assignable UNKNOWN_PROPERTY',
      ]);
    });

    it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', '__defineGetter__'])(
      'named %s',
      async (name) => {
        const json = JSON.stringify(newUser(acme));
        expect(await refused(`${json.slice(0, -1)},"${name}":{"admin":true}}`)).toEqual([
          `${name} UNKNOWN_PROPERTY`,
        ]);
      },
    );

    it('named __proto__ in an entry, together with all other errors', async () => {
      const body = `{"email":"x","account_permissions":[{"__proto__":{"role_id":"x"},"account_id":"${acme.account.id}"}]}`;
      expect(await refused(body)).toEqual(
        expect.arrayContaining([
          'account_permissions[0].__proto__ UNKNOWN_PROPERTY',
          'email INVALID_EMAIL',
          'first_name REQUIRED',
          'last_name REQUIRED',
          'account_permissions[0].role_id REQUIRED',
        ]),
      );
    });

    it('with very long names, truncated in the error', async () => {
      const [error] = await refused(newUser(acme, { ['x'.repeat(10_000)]: 1 }));
      expect(error).toEqual(`${'x'.repeat(100)}… UNKNOWN_PROPERTY`);
    });
  });

  it('100,000 levels of nesting', async () => {
    const depth = 100_000;
    const errors = await refused(`{"account_permissions":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}`);
    expect(errors).toContainEqual(`account_permissions${'.a'.repeat(10)} INVALID_TYPE`);
  });

  it.each([
    ['both arrays missing', {}],
    ['both arrays empty', { account_permissions: [], account_group_permissions: [] }],
  ])('a user without permissions, %s (PERMISSION_REQUIRED)', async (_how, arrays) => {
    const { account_permissions: _, ...person } = newUser(acme);
    expect(await refused({ ...person, ...arrays })).toEqual(['account_permissions PERMISSION_REQUIRED']);
  });

  describe('a role', () => {
    const withRole = (role_id: string): Promise<unknown> =>
      refused(newUser(acme, { ...onAccount(acme.account.id, role_id), ...onGroup(acme.group.id, role_id) }));
    const onBoth = (code: string): unknown => [
      `account_permissions[0].role_id ${code}`,
      `account_group_permissions[0].role_id ${code}`,
    ];

    it.each(['Admin', 'IAM Admin', 'Custodian'] as const)(
      '%s, a reserved default role (ROLE_NOT_ASSIGNABLE)',
      async (name) => {
        expect(await withRole(acme.roles[name])).toEqual(onBoth('ROLE_NOT_ASSIGNABLE'));
      },
    );

    it.each([{ admin: true }, { staff: true }, { admin: true, staff: true }])(
      'with %j (ROLE_NOT_ASSIGNABLE)',
      async (flags) => {
        expect(await withRole(await insertCustomRole(service, acme, flags))).toEqual(
          onBoth('ROLE_NOT_ASSIGNABLE'),
        );
      },
    );

    it("of another organization, assignable or not, as one that doesn't exist", async () => {
      expect(await withRole(other.roles.Developer)).toEqual(onBoth('ROLE_NOT_FOUND'));
      expect(await withRole(other.roles.Admin)).toEqual(onBoth('ROLE_NOT_FOUND'));
      expect(await withRole('rol_000000000000')).toEqual(onBoth('ROLE_NOT_FOUND'));
      expect(await withRole('Developer')).toEqual(onBoth('ROLE_NOT_FOUND'));
      expect(await withRole('')).toEqual(onBoth('ROLE_NOT_FOUND'));
    });
  });

  describe('an account or group', () => {
    it('of another organization, as for an unknown id (NOT_FOUND)', async () => {
      for (const [account_id, account_group_id] of [
        [other.account.id, other.group.id],
        [UNKNOWN_ID, UNKNOWN_ID],
      ] as const) {
        const body = newUser(acme, {
          ...onAccount(account_id, acme.roles.Agent),
          ...onGroup(account_group_id, acme.roles.Agent),
        });
        expect(await refused(body)).toEqual([
          'account_permissions[0].account_id ACCOUNT_NOT_FOUND',
          'account_group_permissions[0].account_group_id ACCOUNT_GROUP_NOT_FOUND',
        ]);
      }
    });

    it('id given for the other type (NOT_FOUND)', async () => {
      const body = newUser(acme, {
        ...onAccount(acme.group.id, acme.roles.Agent),
        ...onGroup(acme.account.id, acme.roles.Agent),
      });
      expect(await refused(body)).toEqual([
        'account_permissions[0].account_id ACCOUNT_NOT_FOUND',
        'account_group_permissions[0].account_group_id ACCOUNT_GROUP_NOT_FOUND',
      ]);
    });

    it('that is disabled (ACCOUNT_DISABLED)', async () => {
      const account = await createAccount(acme.client, acme.group.id);
      await service.dataSource.query("UPDATE accounts SET status = 'disabled' WHERE id = $1", [account.id]);
      const body = newUser(acme, onAccount(account.id, acme.roles.Agent));
      expect(await refused(body)).toEqual(['account_permissions[0].account_id ACCOUNT_DISABLED']);
    });
  });

  it('several fields, all in one response', async () => {
    const body = {
      email: 'no-address',
      first_name: '',
      nickname: 'x',
      account_permissions: [
        { account_id: acme.account.id, role_id: acme.roles.Admin },
        { account_id: other.account.id, role_id: other.roles.Agent },
        { account_id: 'x' },
      ],
      account_group_permissions: 'all',
    };
    expect(await refused(body)).toEqual([
      'nickname UNKNOWN_PROPERTY',
      'email INVALID_EMAIL',
      'first_name TOO_SHORT',
      'last_name REQUIRED',
      'account_permissions[0].role_id ROLE_NOT_ASSIGNABLE',
      'account_permissions[1].account_id ACCOUNT_NOT_FOUND',
      'account_permissions[1].role_id ROLE_NOT_FOUND',
      'account_permissions[2].account_id INVALID_UUID',
      'account_permissions[2].role_id REQUIRED',
      'account_group_permissions INVALID_TYPE',
    ]);
  });
});
