/** A position in the primary's write-ahead log (WAL), as a number that grows with each write. */
export type WalPosition = bigint;

/** PostgreSQL's pg_lsn: two halves of 32 bits, in hexadecimal. */
const PG_LSN = /^([0-9A-F]{1,8})\/([0-9A-F]{1,8})$/i;

/** @returns undefined for anything but a pg_lsn */
export function walPosition(text: string): WalPosition | undefined {
  const [, high, low] = PG_LSN.exec(text) ?? [];
  if (high === undefined || low === undefined) return undefined;
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}
