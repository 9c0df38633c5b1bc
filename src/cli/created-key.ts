import { plainToInstance } from 'class-transformer';
import { validate } from 'class-validator';
import type { KeyPair } from '../common/auth/key-pair.js';
import { fieldErrorsOf } from '../common/validation/field-errors.js';

/** @throws Error with one line per invalid option */
export async function validated<T extends object>(type: new () => T, options: object): Promise<T> {
  const instance = plainToInstance(type, options);
  const errors = fieldErrorsOf(await validate(instance));
  if (errors.length === 0) return instance;
  throw new Error(errors.map(({ field, message }) => `--${field} ${message}`).join('\n'));
}

/** Prints the key pair after the lines, or everything as one line of JSON. */
export function printCreated(created: KeyPair, json: true | undefined, lines: readonly string[]): void {
  const { public_api_key, private_secret_key } = created;
  const keys = [`PUBLIC-API-KEY: ${public_api_key}`, `PRIVATE-SECRET-KEY: ${private_secret_key}`];
  const text = [...lines, ...keys, 'The secret is shown only now.'].join('\n');
  process.stdout.write(`${json ? JSON.stringify(created) : text}\n`);
}
