import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** More than any kernel gives out: certainly not running. */
const NO_PROCESS = 4_194_305;

/** What PostgreSQL writes into postmaster.pid: line 1 the process, line 4 the port. */
export interface Postmaster {
  pid: number;
  port: number;
}

/** The server running on this cluster, if its pid file names a live one. */
export function runningPostmaster(clusterDir: string): Postmaster | undefined {
  const lines = pidFile(clusterDir);
  const pid = Number(lines?.[0]);
  if (!Number.isInteger(pid) || !isPostmasterOf(pid, clusterDir)) return undefined;
  return { pid, port: Number(lines?.[3]) };
}

/**
 * After a crash of the machine another process may have the number in the pid file, and PostgreSQL would
 * refuse to start. The number is replaced and the rest kept: with the shared memory key in it PostgreSQL
 * still makes sure itself that no orphan uses the cluster.
 */
export function disownStalePidFile(clusterDir: string): void {
  const lines = pidFile(clusterDir);
  const pid = Number(lines?.[0]);
  if (lines === undefined || !isAlive(pid) || isPostmasterOf(pid, clusterDir)) return;
  writeFileSync(join(clusterDir, 'postmaster.pid'), [String(NO_PROCESS), ...lines.slice(1)].join('\n'));
}

/** The port of the server's last run, which PostgreSQL keeps in postmaster.opts. */
export function lastPort(clusterDir: string): number | undefined {
  const options = join(clusterDir, 'postmaster.opts');
  const port = existsSync(options) ? /"-p" "(\d+)"/.exec(readFileSync(options, 'utf8'))?.[1] : undefined;
  return port === undefined ? undefined : Number(port);
}

function pidFile(clusterDir: string): string[] | undefined {
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

/** A postmaster's working folder is its cluster; where /proc does not tell, its command line names it. */
function isPostmasterOf(pid: number, clusterDir: string): boolean {
  if (!isAlive(pid)) return false;
  try {
    if (process.platform === 'linux')
      return readlinkSync(`/proc/${String(pid)}/cwd`) === realpathSync(clusterDir);
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).includes(
      clusterDir,
    );
  } catch {
    return false; // gone meanwhile, or another user's process
  }
}
