import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Larger than any process id of Linux and macOS. */
const UNUSED_PID = 4_194_305;

/** Returns the port of the server that is running on the cluster. In postmaster.pid, line 1 is the process id, line 4 the port. */
export function findRunningPort(clusterDir: string): number | undefined {
  const lines = readPidFile(clusterDir);
  const pid = Number(lines?.[0]);
  return Number.isInteger(pid) && isPostmasterOf(pid, clusterDir) ? Number(lines?.[3]) : undefined;
}

/**
 * Replaces the process id in the pid file when it belongs to another process, as after a crash of the machine, because
 * PostgreSQL would refuse to start. The rest of the file is kept: by its shared memory key PostgreSQL detects orphaned
 * server processes.
 */
export function invalidateStalePidFile(clusterDir: string): void {
  const lines = readPidFile(clusterDir);
  const pid = Number(lines?.[0]);
  if (lines === undefined || !isAlive(pid) || isPostmasterOf(pid, clusterDir)) return;
  writeFileSync(join(clusterDir, 'postmaster.pid'), [String(UNUSED_PID), ...lines.slice(1)].join('\n'));
}

/** Returns the port of the server's last run, from postmaster.opts. */
export function readLastPort(clusterDir: string): number | undefined {
  const options = join(clusterDir, 'postmaster.opts');
  const port = existsSync(options) ? /"-p" "(\d+)"/.exec(readFileSync(options, 'utf8'))?.[1] : undefined;
  return port === undefined ? undefined : Number(port);
}

function readPidFile(clusterDir: string): string[] | undefined {
  try {
    return readFileSync(join(clusterDir, 'postmaster.pid'), 'utf8').split('\n');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Compares the working folder of the process, or without /proc its command line. */
function isPostmasterOf(pid: number, clusterDir: string): boolean {
  if (!isAlive(pid)) return false;
  try {
    if (process.platform === 'linux')
      return readlinkSync(`/proc/${String(pid)}/cwd`) === realpathSync(clusterDir);
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).includes(
      clusterDir,
    );
  } catch {
    return false; // the process has ended or belongs to another user
  }
}
