import canonicalize from 'canonicalize';
import { createHash } from 'node:crypto';

/** A strong ETag (RFC 9110): two representations have the same one only when they are the same. */
export function entityTagOf(representation: object): string {
  const text = canonicalize(representation) ?? '';
  return `"${createHash('sha256').update(text).digest('base64url').slice(0, 27)}"`;
}

/** @param condition an If-Match header: `*` or a list of ETags, of which weak ones match nothing */
export function isMatchedBy(condition: string, tag: string): boolean {
  const wanted = condition.split(',').map((entry) => entry.trim());
  return wanted.includes('*') || wanted.includes(tag);
}
