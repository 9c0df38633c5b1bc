import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { EffectiveAccessResponse } from '../../../src/access/dto/effective-access.dto.js';
import type { PermissionChecksResponse } from '../../../src/access/dto/permission-checks.dto.js';
import type { UserOfAccountResponse } from '../../../src/access/dto/users-of-account.dto.js';
import type { Page } from '../../../src/common/pagination/page.js';
import { allowing, grantsFor, routesOf, union } from '../../model/access-model.js';
import { ModelledOrganization, STEPS, type Step } from '../../model/modelled-organization.js';
import { ACCOUNTS, CHECKS, USERS } from '../../support/paths.js';
import { useService } from '../../support/use-service.js';
import { propertyRuns } from '../../support/property-runs.js';

/** Access to lose by random steps. Role 6 is of type organization. */
const INITIAL_STEPS: Step[] = [
  { kind: 'createGroup', a: 0, b: 0, c: 0 },
  { kind: 'createGroup', a: 1, b: 0, c: 0 },
  { kind: 'nestGroup', a: 1, b: 0, c: 1 },
  { kind: 'nestGroup', a: 2, b: 1, c: 1 },
  { kind: 'createAccount', a: 1, b: 0, c: 0 },
  { kind: 'createAccount', a: 2, b: 1, c: 0 },
  { kind: 'createRole', a: 0, b: 1, c: 0 },
  { kind: 'createUser', a: 0, b: 0, c: 3 },
  { kind: 'createUser', a: 1, b: 1, c: 4 },
  { kind: 'createUser', a: 0, b: 2, c: 5 },
  { kind: 'grantOnGroup', a: 0, b: 1, c: 6 },
  { kind: 'grantOnAccount', a: 1, b: 2, c: 6 },
  // a group with a subgroup leaves the group with the permission, and returns
  { kind: 'grantOnGroup', a: 0, b: 0, c: 3 },
  { kind: 'nestGroup', a: 1, b: 0, c: 0 },
  { kind: 'nestGroup', a: 1, b: 0, c: 1 },
  // the only group with a permission by a role of type organization is deleted
  { kind: 'createGroup', a: 3, b: 0, c: 0 },
  { kind: 'grantOnGroup', a: 2, b: 3, c: 6 },
  { kind: 'deleteGroup', a: 3, b: 0, c: 0 },
];

/** An odd number, so that each is checked in both environments. */
const PERMISSION_IDS = ['payments:view', 'payments:edit', 'payouts:view', 'team:edit', 'security:view'];

describe('Access, compared with a model', () => {
  const { service } = useService({ organizations: [] });

  const kind = fc.constantFrom(...(Object.keys(STEPS) as Step['kind'][]));
  const step = fc.record({ kind, a: fc.nat(1000), b: fc.nat(1000), c: fc.nat(1000) });

  /** Compares every access response for every user and account with the model. */
  const compare = async ({ real, model }: ModelledOrganization, turn = 0): Promise<void> => {
    for (const user of model.users) {
      const path = `${USERS}/${user.id}/effective-access?page_size=100`;
      const { body } = await real.client.get<Page<EffectiveAccessResponse>>(path);
      const expected = model.accounts
        .map((account) => ({ account, routes: routesOf(model, user, account) }))
        .filter(({ routes }) => routes.length > 0)
        .map(({ account, routes }) => ({
          account_id: account.id,
          account_name: account.name,
          permission_ids: union(model, routes, 'permission_ids'),
          testing_permission_ids: union(model, routes, 'testing_permission_ids'),
          because: routes,
        }));
      expect(body.data).toEqual(expected);
      expect(body.pagination.total_items).toBe(expected.length);
    }
    const questions = model.users.flatMap((user) =>
      model.accounts.flatMap((account) => {
        const n = turn + (user.id + account.id).charCodeAt(30) + account.id.charCodeAt(35);
        const permission_id = PERMISSION_IDS[n % PERMISSION_IDS.length] ?? '';
        const environment = n % 2 === 0 ? ('production' as const) : ('sandbox' as const);
        return [{ user, account, permission_id, environment }];
      }),
    );
    const checks = questions.map(({ user, account, ...rest }) => ({
      user_id: user.id,
      account_id: account.id,
      ...rest,
    }));
    const { body: answer } = await real.client.post<PermissionChecksResponse>(CHECKS, {
      checks,
      explain: true,
    });
    expect(answer.results).toEqual(
      questions.map(({ user, account, permission_id, environment }) => {
        const because = allowing(model, routesOf(model, user, account), permission_id, environment);
        if (because.length > 0) return { allowed: true, because };
        const would_allow = account.active ? grantsFor(model, account.id, permission_id, environment) : [];
        return { allowed: false, because: [], would_allow };
      }),
    );
    for (const account of model.accounts) {
      const path = `${ACCOUNTS}/${account.id}/users?permission_id=payments:view&page_size=100`;
      const { body } = await real.client.get<Page<UserOfAccountResponse>>(path);
      const expected = model.users
        .map((user) => ({
          user,
          because: allowing(model, routesOf(model, user, account), 'payments:view', 'production'),
        }))
        .filter(({ because }) => because.length > 0)
        .map(({ user, because }) => ({ user_id: user.id, because }));
      expect(body.data.map(({ user_id, because }) => ({ user_id, because }))).toEqual(expected);
    }
  };

  it('is the same after each of many random changes of two organizations', async () => {
    const succeeded = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(1), step), { minLength: 60, maxLength: 60, size: 'max' }),
        async (history) => {
          const one = await ModelledOrganization.create(service);
          const two = await ModelledOrganization.create(service);
          let turn = 0;
          const initial = INITIAL_STEPS.flatMap((next) => [[0, next] as const, [1, next] as const]);
          for (const [n, next] of [...initial, ...history]) {
            const organization = n === 0 ? one : two;
            const status = await organization.take(next);
            expect(status).toBeLessThan(500);
            if (status >= 200 && status < 300) succeeded.set(next.kind, (succeeded.get(next.kind) ?? 0) + 1);
            await compare(organization, (turn += 1));
          }
          await compare(one); // the last step changed one of the two only
          await compare(two);
        },
      ),
      { numRuns: propertyRuns(4), endOnFailure: true },
    );
    expect(succeeded.size).toBeGreaterThanOrEqual(13); // of eighteen kinds, at random
  }, 120_000);
});
