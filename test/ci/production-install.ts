import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { removeAfterwards } from '../support/leftovers.js';

const run = promisify(execFile);

/** The steps of docs/operations/production.md, on a copy of the checkout that has only what git keeps. @returns its path */
export async function installForProduction(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'tenantry-production-'));
  removeAfterwards(() => rm(path, { recursive: true, force: true }));
  for (const file of await filesInGit()) await cp(file, join(path, file));
  for (const step of ['ci --prefer-offline', 'run build', 'prune --omit=dev --omit=optional'])
    await run('npm', step.split(' '), { cwd: path });
  return path;
}

async function filesInGit(): Promise<string[]> {
  const { stdout } = await run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard']);
  return stdout.split('\0').filter((file) => file !== '' && existsSync(file));
}
