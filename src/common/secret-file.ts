import { randomUUID } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * The secret that a file keeps, for its owner's eyes only; made when there is none yet.
 * Of several processes that make it at once one wins, and all get its secret: it is written aside and
 * linked into place whole, and a link, unlike a rename, never replaces what is there.
 */
export function secretIn(file: string, make: () => string): string {
  if (!existsSync(file)) {
    const own = `${file}.${randomUUID()}`;
    mkdirSync(dirname(file), { recursive: true });
    try {
      writeFileSync(own, make(), { mode: 0o600, flush: true });
      linkSync(own, file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      rmSync(own, { force: true });
    }
  }
  return readFileSync(file, 'utf8');
}
