import { randomFillSync } from 'node:crypto';

/** Drawn at a time: to ask for few costs as much as to ask for many. */
const drawn = Buffer.alloc(4096);
let given = drawn.length;

/** As those of node:crypto, for few at a time; each is given once, and kept nowhere. @throws RangeError past 4096 */
export function randomBytes(count: number): Buffer {
  if (count > drawn.length) throw new RangeError(`at most ${String(drawn.length)} bytes at a time`);
  if (given + count > drawn.length) {
    randomFillSync(drawn);
    given = 0;
  }
  const bytes = Buffer.from(drawn.subarray(given, given + count));
  drawn.fill(0, given, given + count);
  given += count;
  return bytes;
}
