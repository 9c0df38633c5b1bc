/** A place in the primary's write-ahead log, as a number: what was written earlier has a smaller one. */
export type WalPosition = bigint;

/** As PostgreSQL writes a pg_lsn: two halves of 32 bits, in hexadecimal. */
const FORM = /^([0-9A-F]{1,8})\/([0-9A-F]{1,8})$/i;

/** @returns undefined for anything but a pg_lsn */
export function walPosition(text: string): WalPosition | undefined {
  const [, high, low] = FORM.exec(text) ?? [];
  if (high === undefined || low === undefined) return undefined;
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}
