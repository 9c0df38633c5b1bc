import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Environment } from '../config/environment.js';
import { Settings } from '../config/settings.js';
import { SigningUnavailable, EncryptionKey } from './encryption-key.js';

const GIVEN = Buffer.alloc(32, 'given');
const DATABASE_URL = 'postgresql://127.0.0.1/tenantry';

describe('The encryption key', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tenantry-key-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const file = (): string => join(folder, 'encryption-key');
  const keyWith = (variables: Partial<Environment>): EncryptionKey => {
    const environment = Object.assign(new Environment(), { DATA_DIR: folder }, variables);
    return new EncryptionKey(new Settings(environment, ''));
  };

  it('is ENCRYPTION_KEY if it is set', () => {
    expect(keyWith({ ENCRYPTION_KEY: GIVEN.toString('base64') }).read()).toEqual(GIVEN);
  });

  it.each([
    ['an embedded database', {}],
    ['an embedded database in production', { NODE_ENV: 'production' as const }],
    ['an external database outside production', { DATABASE_URL }],
  ])('is created once in a file for %s', (_what, variables) => {
    const key = keyWith(variables).read();
    expect(key).toHaveLength(32);
    expect(keyWith(variables).read()).toEqual(key);
    expect(readFileSync(file(), 'utf8')).toBe(`${key.toString('base64')}\n`);
  });

  it('is missing for an external database in production', () => {
    const key = keyWith({ DATABASE_URL, NODE_ENV: 'production' });
    expect(() => key.read()).toThrow(SigningUnavailable);
    expect(() => key.read()).toThrow(/ENCRYPTION_KEY is not set/);
  });

  it('is rejected when the file is malformed, and read again once the file is corrected', () => {
    const key = keyWith({});
    writeFileSync(file(), 'nonsense');
    expect(() => key.read()).toThrow(/encryption-key does not hold 32 bytes in base64/);
    writeFileSync(file(), GIVEN.toString('base64'));
    expect(key.read()).toEqual(GIVEN);
  });

  it('names the file that cannot be created, and the cause', () => {
    writeFileSync(join(folder, 'taken'), '');
    const key = keyWith({ DATA_DIR: join(folder, 'taken') });
    expect(() => key.read()).toThrow(expect.objectContaining({ cause: expect.anything() }));
    expect(() => key.read()).toThrow(/taken\/encryption-key cannot be read or created/);
  });
});
