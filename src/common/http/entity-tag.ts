import canonicalize from 'canonicalize';
import { hash } from 'node:crypto';

/** Changes without anybody changing the thing, or is shown only once: an If-Match must not fail by it. */
const NOT_COVERED: ReadonlySet<string> = new Set([
  'last_used_at',
  'private_secret_key',
  'private_secret_key_note',
]);

/** A strong ETag (RFC 9110): two representations have the same one only when they are the same. */
export function entityTagOf(representation: object): string {
  const covered = Object.entries(representation).filter(([member]) => !NOT_COVERED.has(member));
  const text = canonicalize(Object.fromEntries(covered)) ?? '';
  return `"${hash('sha256', text, 'base64url').slice(0, 27)}"`;
}

/** @param condition an If-Match header: `*` or a list of ETags, of which weak ones match nothing */
export function isMatchedBy(condition: string, tag: string): boolean {
  const wanted = condition.split(',').map((entry) => entry.trim());
  return wanted.includes('*') || wanted.includes(tag);
}
