import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOrCreateSecret } from './secret-file.js';

describe('A file with a secret', () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tenantry-secret-'));
    file = join(folder, 'data', 'secret');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('is created with its folder, readable by its owner only, and leaves no temporary file', () => {
    expect(readOrCreateSecret(file, () => 'created')).toBe('created');
    expect((statSync(file).mode & 0o777).toString(8)).toBe('600');
    expect(readdirSync(join(folder, 'data'))).toEqual(['secret']);
  });

  it('is created once', () => {
    readOrCreateSecret(file, () => 'first');
    expect(readOrCreateSecret(file, () => 'second')).toBe('first');
  });

  it('that another process creates concurrently is kept', () => {
    const secret = readOrCreateSecret(file, () => {
      writeFileSync(file, 'theirs');
      return 'ours';
    });
    expect(secret).toBe('theirs');
    expect(readdirSync(join(folder, 'data'))).toEqual(['secret']);
  });
});
