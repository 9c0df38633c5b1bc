declare module 'pg/lib/utils.js' {
  /** How node-postgres writes a parameter; its type declarations leave it out. */
  const utils: { prepareValue(value: unknown): string | Buffer | null };
  export default utils;
}
