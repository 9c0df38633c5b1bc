import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { removeAfterwards } from '../support/leftovers.js';
import { ServiceProcess } from '../support/service-process.js';

/** No limits for a load from one address, and a log of errors only. */
const LOAD_SETTINGS = { RATE_LIMIT: 'off', LOG_LEVEL: 'error' };

/** Starts a service that is killed after the tests of the file. */
export async function startService(environment: Record<string, string>): Promise<ServiceProcess> {
  const service = ServiceProcess.spawn('dist/src/main.js', { ...LOAD_SETTINGS, ...environment });
  removeAfterwards(() => service.stop('SIGKILL'));
  return service.listening();
}

/** The same with an embedded server, which keeps running when the service is killed. */
export async function startEmbedded(dataDir: string): Promise<ServiceProcess> {
  removeAfterwards(() => killPostmaster(dataDir));
  return startService({ DATA_DIR: dataDir });
}

/** @returns its process id, or undefined when it does not run */
export async function postmasterOf(dataDir: string): Promise<number | undefined> {
  const content = await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').catch(() => undefined);
  return content === undefined ? undefined : Number(content.split('\n')[0]);
}

async function killPostmaster(dataDir: string): Promise<void> {
  const pid = await postmasterOf(dataDir);
  if (pid === undefined) return;
  try {
    for (process.kill(pid, 'SIGQUIT'); ; process.kill(pid, 0)) await pause(20);
  } catch {
    // it has exited
  }
}
