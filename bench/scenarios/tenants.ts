import type { TenantSize } from '../seed/tenant-seed.ts';
import type { Stage } from '../stage.ts';
import { Tenant } from './tenant.ts';

/** Made when first asked for, and shared by all scenarios of a run. */
const made = new WeakMap<Stage, Map<string, Promise<Tenant>>>();

export const MIDDLE: TenantSize = { users: 10_000, accounts: 1000, trees: 1 };

/** Where the service is compared with the baseline. */
export function middleTenant(stage: Stage): Promise<Tenant> {
  return tenant(stage, 'Middle', MIDDLE);
}

export function smallTenant(stage: Stage): Promise<Tenant> {
  return tenant(stage, 'Small', { users: 1000, accounts: 1000, trees: 1 });
}

/** A million users, ten thousand accounts, 1,210 groups. */
export function largeTenant(stage: Stage): Promise<Tenant> {
  return tenant(stage, 'Large', { users: stage.options.users, accounts: 10_000, trees: 10 });
}

function tenant(stage: Stage, name: string, size: TenantSize): Promise<Tenant> {
  const tenants = made.get(stage) ?? new Map<string, Promise<Tenant>>();
  made.set(stage, tenants);
  const known = tenants.get(name);
  if (known !== undefined) return known;
  const making = Tenant.create(stage, name, size);
  tenants.set(name, making);
  return making;
}
