/**
 * An array entry that is a plain value in JSON. It is read into an object with the one member `value`, so
 * that its rules name the entry (`account_codes[1]`) as rules of object entries do.
 */
export abstract class ScalarEntry {
  abstract value: unknown;
}
