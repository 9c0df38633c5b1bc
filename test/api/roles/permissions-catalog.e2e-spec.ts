import { describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CatalogSection } from '../../../src/roles/dto/catalog-section.js';
import type { RoleResponse } from '../../../src/roles/dto/role.response.js';
import { createOrganization } from '../../support/factories/organization.js';
import { startApp } from '../../support/app.js';
import { CATALOG, ROLES } from '../../support/paths.js';
import { useService } from '../../support/use-service.js';

describe('List Permissions Catalog (GET /v1/organizations/permissions-catalog)', () => {
  const { acme } = useService();

  it('returns the built-in sections by default', async () => {
    const { body } = await acme.client.get<CatalogSection[]>(CATALOG);
    expect(body.map(({ title }) => title)).toEqual([
      'Insights',
      'Payments',
      'Payouts',
      'Reconciliation',
      'Connections',
      'Routing',
      'Checkout builder',
      'Developers',
      'Webhooks',
      'Accounts',
      'Team and roles',
      'Risk conditions',
      'Audit logs',
      'Security',
    ]);
    expect(body.filter(({ organization_only }) => organization_only).map(({ title }) => title)).toEqual([
      'Security',
    ]);
  });

  it('returns the sections of the PERMISSIONS_CATALOG file, which default and custom roles use too', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tenantry-catalog-'));
    const file = join(folder, 'catalog.json');
    const permission = {
      id: 'ships:view',
      title: 'View ships',
      description: 'See ships.',
      action_type: 'VIEW',
    };
    const catalog = [{ title: 'Ships', organization_only: false, permissions_catalog: [permission] }];
    await writeFile(file, JSON.stringify(catalog));
    const service = await startApp({ PERMISSIONS_CATALOG: file });
    const acme = await createOrganization(service);
    expect((await acme.client.get<CatalogSection[]>(CATALOG)).body).toEqual(catalog);
    const { body: roles } = await acme.client.get<RoleResponse[]>(ROLES);
    expect(new Set(roles.flatMap(({ permission_ids }) => permission_ids))).toEqual(new Set(['ships:view']));
    const refused = await acme.client.post(ROLES, { name: 'x', permission_ids: ['payments:view'] });
    expect(refused.body.errors).toMatchObject([{ code: 'UNKNOWN_PERMISSION' }]);
    await service.close();
    await rm(folder, { recursive: true });
  });

  it.each([
    ['invalid JSON', '{', /cannot be read/],
    ['an object instead of an array', '{}', /sections: must be an array/],
    [
      'an unknown action',
      '[{"title":"A","organization_only":true,"permissions_catalog":[{"id":"a","title":"A","description":"A","action_type":"SEE"}]}]',
      /sections\[0\]\.permissions_catalog\[0\]\.action_type: must be one of VIEW, EDIT/,
    ],
  ])('fails to start if the file contains %s', async (_what, text, message) => {
    const folder = await mkdtemp(join(tmpdir(), 'tenantry-catalog-'));
    const file = join(folder, 'catalog.json');
    await writeFile(file, text);
    await expect(startApp({ PERMISSIONS_CATALOG: file })).rejects.toThrow(message);
    await rm(folder, { recursive: true });
  });
});
