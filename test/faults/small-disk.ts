import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { removeAfterwards } from '../support/leftovers.js';
import { dataFolder } from '../support/temporary.js';

const run = promisify(execFile);

const SIZE = '192m';
const CHUNK = Buffer.alloc(1024 * 1024);

/** A tmpfs with room for one embedded server and little more. */
export class SmallDisk {
  private constructor(readonly path: string) {}

  /** Whether a tmpfs can be mounted: needs root, and not every container allows it. */
  static isPossible(): boolean {
    const folder = mkdtempSync(join(tmpdir(), 'tenantry-disk-'));
    try {
      execFileSync('mount', mountArguments('1m', folder), { stdio: 'ignore' });
      execFileSync('umount', [folder]);
      return true;
    } catch {
      return false;
    } finally {
      rmdirSync(folder);
    }
  }

  static async mount(): Promise<SmallDisk> {
    const path = await dataFolder();
    await run('mount', mountArguments(SIZE, path));
    removeAfterwards(() => run('umount', ['--lazy', path]));
    return new SmallDisk(path);
  }

  async fill(): Promise<void> {
    const ballast = await open(this.ballast, 'w');
    try {
      for (;;) await ballast.appendFile(CHUNK);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    } finally {
      await ballast.close();
    }
  }

  async makeRoom(): Promise<void> {
    await rm(this.ballast);
  }

  private get ballast(): string {
    return join(this.path, 'ballast');
  }
}

function mountArguments(size: string, path: string): string[] {
  return ['-t', 'tmpfs', '-o', `size=${size},mode=755`, 'tmpfs', path];
}
