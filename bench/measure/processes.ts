import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** Fields of /proc/PID/stat; times in clock ticks. */
interface Stat {
  pid: number;
  name: string;
  parent: number;
  ownTicks: number;
  endedChildrenTicks: number;
}

export const IS_CPU_TIME_AVAILABLE = process.platform === 'linux';

const TICKS_PER_SECOND = IS_CPU_TIME_AVAILABLE
  ? Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))
  : NaN;

/** Returns the processor time of a process so far; undefined on systems other than Linux. */
export function cpuSecondsOf(pid: number): number | undefined {
  const stat = IS_CPU_TIME_AVAILABLE ? statOf(pid) : undefined;
  return stat === undefined ? undefined : stat.ownTicks / TICKS_PER_SECOND;
}

/** Returns the processor time of a process and its children, also of ended ones. */
export function cpuSecondsOfTree(pid: number): number | undefined {
  const root = IS_CPU_TIME_AVAILABLE ? statOf(pid) : undefined;
  if (root === undefined) return undefined;
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => statOf(Number(name)))
    .filter((stat) => stat?.parent === pid);
  const ticks = children.reduce(
    (sum, child) => sum + (child?.ownTicks ?? 0),
    root.ownTicks + root.endedChildrenTicks,
  );
  return ticks / TICKS_PER_SECOND;
}

/** Returns the parent of a process; undefined when the process is not on this machine, or has another name. */
export function parentOf(pid: number, name: string): number | undefined {
  const stat = IS_CPU_TIME_AVAILABLE ? statOf(pid) : undefined;
  return stat?.name === name ? stat.parent : undefined;
}

/** Returns the resident memory in megabytes. */
export function memoryOf(pid: number): number {
  const kilobytes =
    process.platform === 'linux'
      ? /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1]
      : execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' });
  return Number(kilobytes) / 1024;
}

/** @returns undefined when the process has ended */
function statOf(pid: number): Stat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
  const name = text.slice(text.indexOf('(') + 1, text.lastIndexOf(')')); // the name may contain spaces and parentheses
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number); // starts with the third field
  const field = (number: number): number => fields[number - 3] ?? NaN;
  return {
    pid,
    name,
    parent: field(4),
    ownTicks: field(14) + field(15),
    endedChildrenTicks: field(16) + field(17),
  };
}
