import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** What Linux tells of a process in /proc/PID/stat; times in ticks. */
interface Stat {
  pid: number;
  name: string;
  parent: number;
  own: number;
  ofEndedChildren: number;
}

export const CAN_TELL_CPU = process.platform === 'linux';

const TICKS_PER_SECOND = CAN_TELL_CPU
  ? Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))
  : NaN;

/** Processor time of one process so far; undefined where it cannot be told, as everywhere but on Linux. */
export function cpuSecondsOf(pid: number): number | undefined {
  const stat = CAN_TELL_CPU ? statOf(pid) : undefined;
  return stat === undefined ? undefined : stat.own / TICKS_PER_SECOND;
}

/** Processor time of a process and of all that it started. */
export function cpuSecondsBelow(pid: number): number | undefined {
  const root = CAN_TELL_CPU ? statOf(pid) : undefined;
  if (root === undefined) return undefined;
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => statOf(Number(name)))
    .filter((stat) => stat?.parent === pid);
  const ticks = children.reduce((sum, child) => sum + (child?.own ?? 0), root.own + root.ofEndedChildren);
  return ticks / TICKS_PER_SECOND;
}

/** The process that started this one; undefined when it is not on this machine, or has another name. */
export function parentOf(pid: number, name: string): number | undefined {
  const stat = CAN_TELL_CPU ? statOf(pid) : undefined;
  return stat?.name === name ? stat.parent : undefined;
}

/** Resident memory in megabytes. */
export function memoryOf(pid: number): number {
  const kilobytes =
    process.platform === 'linux'
      ? /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1]
      : execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' });
  return Number(kilobytes) / 1024;
}

/** @returns undefined when there is no such process any more */
function statOf(pid: number): Stat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
  const name = text.slice(text.indexOf('(') + 1, text.lastIndexOf(')')); // may itself have spaces and brackets
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number); // the third field is the first here
  const field = (number: number): number => fields[number - 3] ?? NaN;
  return { pid, name, parent: field(4), own: field(14) + field(15), ofEndedChildren: field(16) + field(17) };
}
