import canonicalize from 'canonicalize';
import type { Request } from 'express';
import { createHash } from 'node:crypto';
import type { FieldError } from '../../common/errors/problem.js';
import { Problem } from '../../common/errors/problem.js';
import { randomBytes } from '../../common/random-bytes.js';

/** A request that does nothing twice. */
export interface IdempotentRequest {
  key: string;
  /** Of method, path, query and body, 32 bytes: the same key with anything else is another request. */
  fingerprint: Buffer;
}

const HEADERS = ['X-Idempotency-Key', 'Idempotency-Key'] as const;
const LONGEST = 255;

/** Whether it asks to be done once only, rightly or not. */
export function hasIdempotencyKey(request: Request): boolean {
  return HEADERS.some((name) => request.get(name) !== undefined);
}

/**
 * @returns undefined for a request without a key
 * @throws Problem VALIDATION_ERROR naming the header
 */
export function idempotentRequest(request: Request): IdempotentRequest | undefined {
  const given = HEADERS.filter((name) => request.get(name) !== undefined);
  const [header] = given;
  if (header === undefined) return undefined;
  const key = request.get(header) ?? '';
  const fault = given.some((name) => request.get(name) !== key) ? TWO_KEYS : faultOf(key);
  if (fault !== undefined) throw new Problem('VALIDATION_ERROR', { errors: [{ field: header, ...fault }] });
  return { key, fingerprint: fingerprintOf(request) };
}

type Fault = Omit<FieldError, 'field'>;

const TWO_KEYS: Fault = { code: 'INVALID_VALUE', message: 'must not differ from Idempotency-Key' };

function faultOf(key: string): Fault | undefined {
  if (key === '') return { code: 'TOO_SHORT', message: 'must not be empty' };
  if (!/^[!-~]*$/.test(key)) return { code: 'INVALID_CHARACTERS', message: 'must be visible ASCII' };
  if (key.length > LONGEST)
    return { code: 'TOO_LONG', message: `must have at most ${String(LONGEST)} characters` };
  return undefined;
}

function fingerprintOf({ method, path, query, body }: Request): Buffer {
  const { dry_run, ...meant } = query;
  const isLeftOutOrRight = dry_run === undefined || dry_run === 'true' || dry_run === 'false';
  const text = canonicalOf([method, path, isLeftOutOrRight ? meant : query, (body as unknown) ?? null]);
  return text === undefined ? randomBytes(32) : createHash('sha256').update(text).digest();
}

/**
 * @returns undefined for what no canonical form has: half a surrogate pair, a number past what a double holds. Whatever
 * has that is refused for it, and never the same as what was done before.
 */
function canonicalOf(request: unknown[]): string | undefined {
  try {
    return canonicalize(request);
  } catch {
    return undefined;
  }
}
