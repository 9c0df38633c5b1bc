import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { secretIn } from './secret-file.js';

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

  it('is made with its folder, for its owner alone, and leaves no scrap behind', () => {
    expect(secretIn(file, () => 'made')).toBe('made');
    expect((statSync(file).mode & 0o777).toString(8)).toBe('600');
    expect(readdirSync(join(folder, 'data'))).toEqual(['secret']);
  });

  it('is made once', () => {
    secretIn(file, () => 'first');
    expect(secretIn(file, () => 'second')).toBe('first');
  });

  it('made by another process at the same moment is kept', () => {
    const secret = secretIn(file, () => {
      writeFileSync(file, 'theirs');
      return 'ours';
    });
    expect(secret).toBe('theirs');
    expect(readdirSync(join(folder, 'data'))).toEqual(['secret']);
  });
});
