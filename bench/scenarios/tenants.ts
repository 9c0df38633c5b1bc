import type { TenantSize } from '../seed/tenant-seed.ts';
import type { Harness } from '../harness.ts';
import { Tenant } from './tenant.ts';

/** Tenants are created on demand, and shared by all scenarios of a run. */
const created = new WeakMap<Harness, Map<string, Promise<Tenant>>>();

export const MEDIUM_SIZE: TenantSize = { users: 10_000, accounts: 1000, trees: 1 };

/** Used for the comparison with the baseline. */
export function mediumTenant(harness: Harness): Promise<Tenant> {
  return getTenant(harness, 'Medium', MEDIUM_SIZE);
}

export function smallTenant(harness: Harness): Promise<Tenant> {
  return getTenant(harness, 'Small', { users: 1000, accounts: 1000, trees: 1 });
}

/** By default a million users, ten thousand accounts and 1,210 account groups. */
export function largeTenant(harness: Harness): Promise<Tenant> {
  return getTenant(harness, 'Large', { users: harness.options.users, accounts: 10_000, trees: 10 });
}

function getTenant(harness: Harness, name: string, size: TenantSize): Promise<Tenant> {
  const tenants = created.get(harness) ?? new Map<string, Promise<Tenant>>();
  created.set(harness, tenants);
  const known = tenants.get(name);
  if (known !== undefined) return known;
  const creation = Tenant.create(harness, name, size);
  tenants.set(name, creation);
  return creation;
}
