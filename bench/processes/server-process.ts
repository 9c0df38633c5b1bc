import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { get } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Leftovers } from '../leftovers.ts';
import { freePort } from '../../test/support/free-port.ts';

export interface Program {
  /** Absolute path of the script. */
  script: string;
  environment: Record<string, string>;
  /** Where it runs: nobody's .env is there. */
  folder: string;
  /** What it prints is written here, as a production service's log would be. */
  log: string;
}

/** An HTTP server in a process of its own, ready to answer. */
export class ServerProcess {
  readonly origin: string;
  readonly pid: number;
  /** From the start of the process to the first 200 of /health/ready. */
  readonly secondsToReady: number;
  private readonly child: ChildProcess;
  private readonly exited: Promise<unknown>;

  private constructor(child: ChildProcess, exited: Promise<unknown>, origin: string, secondsToReady: number) {
    this.child = child;
    this.exited = exited;
    this.origin = origin;
    this.pid = child.pid ?? NaN;
    this.secondsToReady = secondsToReady;
  }

  static async start(program: Program, leftovers: Leftovers): Promise<ServerProcess> {
    const port = await freePort();
    const log = await open(program.log, 'a');
    const began = performance.now();
    const child = spawn(process.execPath, [program.script], {
      cwd: program.folder,
      env: { PATH: process.env['PATH'], PORT: String(port), ...program.environment },
      stdio: ['ignore', log.fd, log.fd],
    });
    const exited = once(child, 'exit');
    leftovers.add(() => end(child, exited));
    await log.close();
    const origin = `http://127.0.0.1:${String(port)}`;
    while (!(await isReady(origin))) {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`${program.script} stopped:\n${await readFile(program.log, 'utf8')}`);
      await pause(5);
    }
    return new ServerProcess(child, exited, origin, (performance.now() - began) / 1000);
  }

  stop(): Promise<void> {
    return end(this.child, this.exited);
  }
}

/** As an operator would; by force when that takes too long. */
async function end(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), 15_000);
  await exited;
  clearTimeout(force);
}

/** False also while nobody listens yet. */
function isReady(origin: string): Promise<boolean> {
  return new Promise((resolve) => {
    get(`${origin}/health/ready`, { agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    }).on('error', () => {
      resolve(false);
    });
  });
}
