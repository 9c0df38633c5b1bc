import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { get } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../../test/support/free-port.ts';
import type { Cleanup } from '../cleanup.ts';

const READY_POLL_INTERVAL_MS = 5;
/** After it, the process is killed. */
const STOP_TIMEOUT_MS = 15_000;

export interface Program {
  /** Absolute path of the script. */
  script: string;
  environment: Record<string, string>;
  /** Current folder, without an .env file. */
  folder: string;
  /** File for the output. */
  log: string;
}

/** An HTTP server in a process of its own. */
export class ServerProcess {
  readonly origin: string;
  readonly pid: number;
  /** Time from the start of the process to the first 200 of /health/ready. */
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

  static async start(program: Program, cleanup: Cleanup): Promise<ServerProcess> {
    const port = await freePort();
    const log = await open(program.log, 'a');
    const startedAt = performance.now();
    const child = spawn(process.execPath, [program.script], {
      cwd: program.folder,
      env: { PATH: process.env['PATH'], PORT: String(port), ...program.environment },
      stdio: ['ignore', log.fd, log.fd],
    });
    const exited = once(child, 'exit');
    cleanup.add(() => stop(child, exited));
    await log.close();
    const origin = `http://127.0.0.1:${String(port)}`;
    while (!(await isReady(origin))) {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`${program.script} stopped:\n${await readFile(program.log, 'utf8')}`);
      await pause(READY_POLL_INTERVAL_MS);
    }
    return new ServerProcess(child, exited, origin, (performance.now() - startedAt) / 1000);
  }

  stop(): Promise<void> {
    return stop(this.child, this.exited);
  }
}

async function stop(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(force);
}

function isReady(origin: string): Promise<boolean> {
  return new Promise((resolve) => {
    get(`${origin}/health/ready`, { agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    }).on('error', () => {
      resolve(false);
    });
  });
}
