import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { AuditEventResponse } from '../../../src/audit/dto/audit-event.response.js';
import type { Page } from '../../../src/common/pagination/page.js';
import type { AccountGroupResponse } from '../../../src/organizations/account-groups/dto/account-group.response.js';
import { createOrganization, createUser } from '../../support/factories/organization.js';
import { AUDIT_EVENTS, GROUPS, USERS } from '../../support/paths.js';
import { refusalOf } from '../../support/client.js';
import { useService } from '../../support/use-service.js';
import { walk } from '../../support/walk.js';
import { readEvents } from '../../support/audit-trail.js';

const { service, acme } = useService({ perTest: true });

describe('List Audit Events (GET /v1/organizations/audit-events)', () => {
  it('returns no events of another organization', async () => {
    const other = await createOrganization(service, 'Other');
    await createUser(acme);
    const ids = new Set((await readEvents(acme)).map(({ id }) => id));
    const others = await readEvents(other, `?target_id=${acme.account.id}`);
    expect(others).toEqual([]);
    expect((await readEvents(other)).filter(({ id }) => ids.has(id))).toEqual([]);
  });

  it('sorts by occurred_at, in both directions', async () => {
    const ids = (await readEvents(acme)).map(({ id }) => id);
    const times = (await readEvents(acme)).map(({ occurred_at }) => String(occurred_at));
    expect(times).toEqual([...times].sort());
    expect(times.length).toBe(3); // the organization, its group, its account
    expect((await readEvents(acme, '?sort=-occurred_at')).map(({ id }) => id)).toEqual(ids.reverse());
  });

  it('returns pages by cursor, without totals', async () => {
    const { body } = await acme.client.get<Page<AuditEventResponse>>(`${AUDIT_EVENTS}?page_size=2`);
    expect(body.pagination).toEqual({
      page_size: 2,
      has_next: true,
      has_previous: false,
      next_cursor: expect.any(String),
    });
    const rest = await acme.client.get<Page<AuditEventResponse>>(
      `${AUDIT_EVENTS}?page_size=2&after=${body.pagination.next_cursor ?? ''}`,
    );
    expect(rest.body.pagination).toMatchObject({ has_next: false, has_previous: true, next_cursor: null });
    expect([...body.data, ...rest.body.data]).toEqual(await readEvents(acme));
  });

  it('combines filters', async () => {
    const [user] = [await createUser(acme), await createUser(acme)];
    await acme.client.patch(`${USERS}/${user.id}`, { first_name: 'Augusta' });
    const actions = async (query: string): Promise<string[]> =>
      (await readEvents(acme, query)).map(({ action }) => action);
    const all = await readEvents(acme);
    const key = all.at(-1)?.actor.id ?? '';
    const time = String(all.at(-1)?.occurred_at);
    expect(await actions(`?target_id=${user.id}`)).toEqual(['user.created', 'user.updated']);
    expect(await actions(`?target_type=user&action=user.updated`)).toEqual(['user.updated']);
    expect(await actions(`?actor_id=${key}&target_type=organization`)).toEqual([]);
    expect((await actions(`?actor_id=${key}`)).length).toBe(all.length - 1);
    expect(await actions(`?from=${time}`)).toEqual(['user.updated']);
    expect((await actions(`?to=${time}`)).length).toBe(all.length - 1);
    expect(await actions(`?from=${encodeURIComponent('2036-01-01T00:00:00+02:00')}`)).toEqual([]);
  });

  it('returns the events of a model for all combinations of filters, in both sort orders, page by page', async () => {
    const [keys, targets] = [
      [randomUUID(), randomUUID()],
      [randomUUID(), randomUUID()],
    ] as const;
    await service.dataSource.query(
      `INSERT INTO audit_events (organization_id, id, occurred_at, actor_type, actor_id, actor_name, action, target_type, target_id, changes)
       SELECT $1, gen_random_uuid(), '2026-01-01'::timestamptz + n / 7 * interval '1 s', 'api_key', ($2::uuid[])[1 + n % 3],
         'test', action, split_part(action, '.', 1), ($4::text[])[1 + n % 2], '{}'
       FROM generate_series(1, 120) n, LATERAL (SELECT ($3::text[])[1 + n * n % 5] AS action) one`,
      [
        acme.id,
        keys,
        ['user.created', 'user.updated', 'role.created', 'role.deleted', 'account.created'],
        targets,
      ],
    );
    const all = await readEvents(acme);
    const times = ['2026-01-01T00:00:03Z', '2026-01-01T00:00:14Z'];
    const choices: Record<string, (string | undefined)[]> = {
      action: [undefined, 'user.created', 'role.deleted'],
      actor_id: [undefined, keys[0]],
      target_type: [undefined, 'user', 'api_key'],
      target_id: [undefined, targets[0]],
      from: [undefined, times[0]],
      to: [undefined, times[1]],
    };
    for (const filters of combinationsOf(choices)) {
      const expected = all.filter((event) => matches(event, filters)).map(({ id }) => id);
      const query = new URLSearchParams(filters).toString();
      const listed = async (sort: string): Promise<string[]> =>
        (
          await walk<AuditEventResponse>(acme.client, `${AUDIT_EVENTS}?${query}&sort=${sort}`, {
            size: 30,
            page: 0,
          })
        ).map(({ id }) => id);
      expect([query, await listed('occurred_at')]).toEqual([query, expected]);
      expect([query, await listed('-occurred_at')]).toEqual([query, expected.toReversed()]);
    }
  });

  it.each([
    ['from=yesterday', 'from', 'INVALID_VALUE'],
    ['from=2026-02-30T00:00:00Z', 'from', 'INVALID_VALUE'],
    ['from=0000-01-01T00:00:00Z', 'from', 'INVALID_VALUE'],
    ['to=2026-01-01', 'to', 'INVALID_VALUE'],
    ['to=2026-01-01T00:00:00', 'to', 'INVALID_VALUE'],
    ['action=user.unknown', 'action', 'INVALID_VALUE'],
    ['target_type=planet', 'target_type', 'INVALID_VALUE'],
    ['actor_id=me', 'actor_id', 'INVALID_UUID'],
    ['sort=action', 'sort', 'INVALID_VALUE'],
    ['page=1', 'page', 'UNKNOWN_PROPERTY'],
    ['after=nonsense', 'after', 'INVALID_VALUE'],
  ])('returns 400 for ?%s', async (query, field, code) => {
    expect(refusalOf(await acme.client.get(`${AUDIT_EVENTS}?${query}`))).toEqual([400, `${field} ${code}`]);
  });
});

describe('Audit tables', () => {
  it.each(['audit_events', 'audit_seals', 'audit_checkpoints'])(
    '%s refuses UPDATE, DELETE and TRUNCATE by SQL',
    async (table) => {
      for (const statement of [
        `UPDATE ${table} SET organization_id = organization_id`,
        `DELETE FROM ${table}`,
        `DELETE FROM ${table} WHERE false`,
        `TRUNCATE ${table} CASCADE`,
      ]) {
        await expect(service.dataSource.query(statement)).rejects.toMatchObject({
          driverError: { constraint: 'audit_append_only_check' },
        });
      }
    },
  );

  it('keep the events of a deleted target', async () => {
    const { body: group } = await acme.client.post<AccountGroupResponse>(GROUPS, {
      name: 'Asia',
      merchant_id: 'm',
    });
    await acme.client.delete(`${GROUPS}/${group.id}`);
    expect((await readEvents(acme, `?target_id=${group.id}`)).length).toBe(2);
  });
});

/** @returns all combinations of one value per name */
function combinationsOf(choices: Record<string, (string | undefined)[]>): Record<string, string>[] {
  return Object.entries(choices).reduce<Record<string, string>[]>(
    (combinations, [name, values]) =>
      combinations.flatMap((chosen) =>
        values.map((value) => (value === undefined ? chosen : { ...chosen, [name]: value })),
      ),
    [{}],
  );
}

function matches(event: AuditEventResponse, { from, to, ...filters }: Record<string, string>): boolean {
  const at = new Date(event.occurred_at).getTime();
  const { action, target_type, target_id } = event;
  const values: Record<string, unknown> = { action, actor_id: event.actor.id, target_type, target_id };
  return (
    Object.keys(filters).every((name) => values[name] === filters[name]) &&
    (from === undefined || at >= new Date(from).getTime()) &&
    (to === undefined || at < new Date(to).getTime())
  );
}
