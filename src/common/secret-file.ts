import { randomUUID } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Returns the secret in the file; creates the file, readable by its owner only, if it does not exist. When several
 * processes create it concurrently, all return the secret of the first: the complete file is linked into place, and
 * a link, unlike a rename, never replaces an existing file.
 */
export function readOrCreateSecret(file: string, createSecret: () => string): string {
  if (!existsSync(file)) {
    const temporary = `${file}.${randomUUID()}`;
    mkdirSync(dirname(file), { recursive: true });
    try {
      writeFileSync(temporary, createSecret(), { mode: 0o600, flush: true });
      linkSync(temporary, file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      rmSync(temporary, { force: true });
    }
  }
  return readFileSync(file, 'utf8');
}
