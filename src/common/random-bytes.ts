import { randomFillSync } from 'node:crypto';

/** Filled in one call, because a call for a few bytes costs as much as one for many. */
const pool = Buffer.alloc(4096);
let offset = pool.length;

/**
 * Like `randomBytes` of node:crypto, but faster for a few bytes at a time. Returned bytes are erased from the pool.
 * @throws RangeError for more than 4096 bytes
 */
export function randomBytes(count: number): Buffer {
  if (count > pool.length) throw new RangeError(`At most ${String(pool.length)} bytes at a time`);
  if (offset + count > pool.length) {
    randomFillSync(pool);
    offset = 0;
  }
  const bytes = Buffer.from(pool.subarray(offset, offset + count));
  pool.fill(0, offset, offset + count);
  offset += count;
  return bytes;
}
