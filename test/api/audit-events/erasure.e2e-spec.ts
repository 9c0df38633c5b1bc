import { describe, expect, it } from '@jest/globals';
import type { UserResponse } from '../../../src/users/dto/user.response.js';
import { createOrganization, createUser, newUser } from '../../support/factories/organization.js';
import { untilSessionWaitsForLock } from '../../support/locks.js';
import { ACCOUNTS, USERS } from '../../support/paths.js';
import { useService } from '../../support/use-service.js';
import { readEvents, readNewestEvent } from '../../support/audit-trail.js';

const { service, acme } = useService({ perTest: true });

describe('Delete User with erase (DELETE /v1/organizations/users/{user_id}?erase=true)', () => {
  const storedText = async (): Promise<string> => {
    const [row] = await service.dataSource.query<{ all: string }[]>(
      `SELECT string_agg(e::text, '') AS all FROM audit_events e WHERE organization_id = $1`,
      [acme.id],
    );
    return row?.all ?? '';
  };
  const NAMES = { first_name: 'Grace', last_name: 'Hopper' };

  it('has to erase no plain text: personal data is stored encrypted', async () => {
    const { email } = await createUser(acme, NAMES);
    expect(await storedText()).not.toMatch(new RegExp(`Grace|Hopper|${email}`));
    expect((await readNewestEvent(acme))?.changes).toMatchObject({ email: { after: email } });
  });

  it('removes personal data from audit events, and keeps everything else', async () => {
    const { id, account_permissions } = await createUser(acme, NAMES);
    await acme.client.patch(`${USERS}/${id}`, { first_name: 'Amazing' });
    expect((await acme.client.delete(`${USERS}/${id}?erase=true`)).status).toBe(204);
    const events = await readEvents(acme, `?target_id=${id}`);
    const erased = { before: null, after: null };
    expect(events).toMatchObject([
      {
        action: 'user.created',
        erased: true,
        changes: { email: erased, first_name: erased, account_permissions: { after: account_permissions } },
      },
      { action: 'user.updated', erased: true, changes: { first_name: erased } },
      { action: 'user.deleted', erased: true, changes: { email: erased }, details: { erased: true } },
    ]);
    expect((await acme.client.get(`${USERS}/${id}`)).status).toBe(404);
  });

  it('removes personal data from stored responses of X-Idempotency-Key, and a repeated request creates no user', async () => {
    const body = newUser(acme, NAMES);
    const retried = (): ReturnType<typeof acme.client.post<UserResponse>> =>
      acme.client.post<UserResponse>(USERS, body, { 'X-Idempotency-Key': 'erased' });
    const { id } = (await retried()).body;
    await acme.client.delete(`${USERS}/${id}?erase=true`);
    const again = await retried();
    expect([again.status, again.body]).toMatchObject([201, { id, email: '', first_name: '', last_name: '' }]);
    expect((await acme.client.get(`${USERS}/${id}`)).status).toBe(404);
  });

  it('erases a user that is already deleted', async () => {
    const { id } = await createUser(acme, NAMES);
    await acme.client.delete(`${USERS}/${id}`);
    expect((await readNewestEvent(acme))?.changes).toMatchObject({ first_name: { before: 'Grace' } });
    expect((await acme.client.delete(`${USERS}/${id}?erase=true`)).status).toBe(204);
    const events = await readEvents(acme, `?target_id=${id}`);
    expect(events.map(({ action, erased }) => [action, erased])).toEqual([
      ['user.created', true],
      ['user.deleted', true],
      ['user.erased', false],
    ]);
  });

  it('erases a user that is being deleted', async () => {
    const { id } = await createUser(acme, NAMES);
    const { erasing } = await service.dataSource.transaction(async (manager) => {
      await manager.query('DELETE FROM users WHERE id = $1', [id]);
      const erasing = acme.client.delete(`${USERS}/${id}?erase=true`);
      await untilSessionWaitsForLock(service);
      return { erasing };
    });
    expect((await erasing).status).toBe(204);
    const events = await readEvents(acme, `?target_id=${id}`);
    expect(events.map(({ action, erased }) => [action, erased])).toEqual([
      ['user.created', true],
      ['user.erased', false],
    ]);
  });

  it('returns 404 the second time', async () => {
    const { id } = await createUser(acme, NAMES);
    await acme.client.delete(`${USERS}/${id}?erase=true`);
    expect((await acme.client.delete(`${USERS}/${id}?erase=true`)).status).toBe(404);
  });

  it('returns 404 to another organization, before and after the deletion', async () => {
    const other = await createOrganization(service, 'Other');
    const { id } = await createUser(acme, NAMES);
    expect((await other.client.delete(`${USERS}/${id}?erase=true`)).status).toBe(404);
    await acme.client.delete(`${USERS}/${id}`);
    expect((await other.client.delete(`${USERS}/${id}?erase=true`)).status).toBe(404);
    expect((await readNewestEvent(acme))?.changes).toMatchObject({ first_name: { before: 'Grace' } });
  });

  it('with dry_run erases nothing', async () => {
    const { id } = await createUser(acme, NAMES);
    const answer = await acme.client.delete<{ status: number }>(`${USERS}/${id}?erase=true&dry_run=true`);
    expect([answer.status, answer.body.status]).toEqual([200, 204]);
    expect((await readNewestEvent(acme))?.changes).toMatchObject({ first_name: { after: 'Grace' } });
  });

  it('returns 400 for other names and values, and for other resources', async () => {
    const { id } = await createUser(acme, NAMES);
    for (const path of [
      `${USERS}/${id}?erased=true`,
      `${USERS}/${id}?erase=yes`,
      `${ACCOUNTS}/${acme.account.id}?erase=true`,
    ]) {
      expect([path, (await acme.client.delete(path)).status]).toEqual([path, 400]);
    }
    expect((await acme.client.get(`${USERS}/${id}`)).status).toBe(200);
  });

  it('accepts a user from before audit events had personal data', async () => {
    const { id } = await createUser(acme, NAMES);
    await service.dataSource.query('DELETE FROM user_data_keys WHERE user_id = $1', [id]);
    await acme.client.patch(`${USERS}/${id}`, { first_name: 'Amazing' });
    expect(await readNewestEvent(acme)).toMatchObject({
      erased: false,
      changes: { first_name: { before: 'Grace', after: 'Amazing' } },
    });
    expect((await acme.client.delete(`${USERS}/${id}?erase=true`)).status).toBe(204);
  });
});
