/**
 * Wraps an array entry that is a scalar in JSON, because class-validator needs an object to validate. Errors of `value`
 * have the path of the entry (`account_codes[1]`).
 */
export abstract class ScalarEntry {
  abstract value: unknown;
}
