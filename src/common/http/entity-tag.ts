import canonicalize from 'canonicalize';
import { hash } from 'node:crypto';

/** Members that change without a mutation of the resource, or are shown only once: they must not fail an If-Match. */
const IGNORED: ReadonlySet<string> = new Set([
  'last_used_at',
  'private_secret_key',
  'private_secret_key_note',
]);

/** Returns a strong ETag (RFC 9110), which depends on all members of the representation but the ignored ones. */
export function entityTagOf(representation: object): string {
  const covered = Object.entries(representation).filter(([member]) => !IGNORED.has(member));
  const text = canonicalize(Object.fromEntries(covered)) ?? '';
  return `"${hash('sha256', text, 'base64url').slice(0, 27)}"`;
}

/** @param condition an If-Match header: `*` or a list of ETags; weak ETags match nothing */
export function matchesEntityTag(condition: string, tag: string): boolean {
  const accepted = condition.split(',').map((entry) => entry.trim());
  return accepted.includes('*') || accepted.includes(tag);
}
