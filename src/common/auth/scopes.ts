import { Problem } from '../errors/problem.js';

/** Scopes of an API key, in the order used in responses. `accounts` includes account groups. */
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

/** Removes duplicates and sorts in the order of SCOPES. */
export function sortScopes(scopes: readonly string[]): ScopeName[] {
  return SCOPES.filter((scope) => scopes.includes(scope));
}

export class InsufficientScope extends Problem {
  constructor(readonly missing: readonly ScopeName[]) {
    const noun = missing.length === 1 ? 'scope' : 'scopes';
    super('INSUFFICIENT_SCOPE', { detail: `The key lacks the ${noun} ${missing.join(', ')}.` });
  }
}

/** @throws InsufficientScope naming the missing scopes */
export function assertScopes(held: readonly ScopeName[], needed: readonly ScopeName[]): void {
  const missing = sortScopes(needed).filter((scope) => !held.includes(scope));
  if (missing.length > 0) throw new InsufficientScope(missing);
}
