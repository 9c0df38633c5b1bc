import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { removeAfterwards } from '../ci/leftovers.js';
import { dataFolder } from './processes.js';

const run = promisify(execFile);

const SIZE = '192m';
const CHUNK = Buffer.alloc(1024 * 1024);

/** A disk in memory, with room for one embedded server and little more. */
export class SmallDisk {
  private constructor(readonly path: string) {}

  /** Only root may, and not in every container. */
  static isPossible(): boolean {
    const folder = mkdtempSync(join(tmpdir(), 'tenantry-disk-'));
    try {
      execFileSync('mount', mounting('1m', folder), { stdio: 'ignore' });
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
    await run('mount', mounting(SIZE, path));
    removeAfterwards(() => run('umount', ['--lazy', path]));
    return new SmallDisk(path);
  }

  /** To the last byte. */
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

function mounting(size: string, path: string): string[] {
  return ['-t', 'tmpfs', '-o', `size=${size},mode=755`, 'tmpfs', path];
}
