import { describe, expect, it } from '@jest/globals';
import type { OrganizationResponse } from '../../src/organizations/dto/organization.response.js';
import type { TestOrganization } from '../support/factories/organization.js';
import { ServiceProcess } from '../support/service-process.js';
import { useService } from '../support/use-service.js';

describe('CLI: database recount', () => {
  const { service, acme, other } = useService({ organizations: ['acme', 'other'] });

  const totalsOf = async ({ client }: TestOrganization): Promise<OrganizationResponse['counts']> =>
    (await client.get<OrganizationResponse>('/v1/organizations')).body.counts;

  it('corrects totals that changes past the triggers made wrong, once', async () => {
    await service.dataSource.transaction(async (manager) => {
      await manager.query(`SET LOCAL session_replication_role = 'replica'`);
      await manager.query(
        `INSERT INTO users (organization_id, id, email, email_lower, first_name, last_name, last_name_lower)
         SELECT $1, gen_random_uuid(), n || '@example.com', n || '@example.com', 'A', 'B', 'b' FROM generate_series(1, 3) n`,
        [acme.id],
      );
      await manager.query('DELETE FROM accounts WHERE organization_id = $1', [other.id]);
    });
    expect(await totalsOf(acme)).toMatchObject({ users: 0 });
    expect(await totalsOf(other)).toMatchObject({ accounts: 1 });
    const recount = (): ReturnType<typeof ServiceProcess.cli> =>
      ServiceProcess.cli({ DATABASE_URL: service.database.url }, 'database', 'recount');
    const { code, output } = await recount();
    expect(code).toBe(0);
    expect(output.trim().split('\n').sort()).toEqual(
      [
        `Organization ${acme.id}: the total of users was 3 too low.`,
        `Organization ${other.id}: the total of accounts was 1 too high.`,
      ].sort(),
    );
    expect(await totalsOf(acme)).toMatchObject({ users: 3 });
    expect(await totalsOf(other)).toMatchObject({ accounts: 0 });
    expect((await recount()).output).toBe('All totals are right.\n');
  });
});
