import { Problem } from '../errors/problem.js';

/** What a key may do; `accounts` are account groups too. In the order in which answers name them. */
export const SCOPES = [
  'users:read',
  'users:write',
  'users:authenticate',
  'accounts:read',
  'accounts:write',
  'roles:read',
  'roles:write',
  'access:read',
  'api-keys:read',
  'api-keys:write',
  'audit:read',
] as const;

export type ScopeName = (typeof SCOPES)[number];

/** Each once, in their usual order. */
export function inOrder(scopes: readonly string[]): ScopeName[] {
  return SCOPES.filter((scope) => scopes.includes(scope));
}

/** The key is good, but may not do this. */
export class InsufficientScope extends Problem {
  constructor(readonly missing: readonly ScopeName[]) {
    const noun = missing.length === 1 ? 'scope' : 'scopes';
    super('INSUFFICIENT_SCOPE', { detail: `The key lacks the ${noun} ${missing.join(', ')}.` });
  }
}

/** @throws InsufficientScope naming what is needed and not held */
export function expectScopes(held: readonly ScopeName[], needed: readonly ScopeName[]): void {
  const missing = inOrder(needed).filter((scope) => !held.includes(scope));
  if (missing.length > 0) throw new InsufficientScope(missing);
}
