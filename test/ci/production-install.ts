import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Runs the documented steps of a production install in a copy of the files that git tracks. */
export async function installForProduction(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'tenantry-production-'));
  for (const file of await filesInGit()) await cp(file, join(path, file));
  for (const step of ['ci --prefer-offline', 'run build', 'prune --omit=dev --omit=optional'])
    await run('npm', step.split(' '), { cwd: path });
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

async function filesInGit(): Promise<string[]> {
  const { stdout } = await run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard']);
  return stdout.split('\0').filter((file) => file !== '' && existsSync(file));
}
