import toCanonicalJson from 'canonicalize';
import type { Request } from 'express';
import { createHash } from 'node:crypto';
import type { FieldError } from '../../common/errors/problem.js';
import { Problem } from '../../common/errors/problem.js';
import { randomBytes } from '../../common/random-bytes.js';

/** A request with an idempotency key. */
export interface IdempotentRequest {
  key: string;
  /** SHA-256 of method, path, query and body, 32 bytes; distinguishes requests with the same key. */
  fingerprint: Buffer;
}

const HEADERS = ['X-Idempotency-Key', 'Idempotency-Key'] as const;
const MAX_KEY_LENGTH = 255;

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
  if (key.length > MAX_KEY_LENGTH)
    return { code: 'TOO_LONG', message: `must have at most ${String(MAX_KEY_LENGTH)} characters` };
  return undefined;
}

function fingerprintOf({ method, path, query, body }: Request): Buffer {
  const { dry_run, ...withoutDryRun } = query;
  const isDryRunValid = dry_run === undefined || dry_run === 'true' || dry_run === 'false';
  const text = canonicalize([method, path, isDryRunValid ? withoutDryRun : query, (body as unknown) ?? null]);
  return text === undefined ? randomBytes(32) : createHash('sha256').update(text).digest();
}

/**
 * @returns undefined for a request without a canonical form, such as one with a lone surrogate. Validation rejects it, so
 * that it never equals an earlier request.
 */
function canonicalize(request: unknown[]): string | undefined {
  try {
    return toCanonicalJson(request);
  } catch {
    return undefined;
  }
}
