import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ServiceProcess } from '../support/service-process.js';
import { itKeepsAcknowledgedUsers } from './consistency-checks.js';
import { postmasterOf, startEmbedded } from './processes.js';
import { itAnswersInTime } from './refusal-checks.js';
import { rowsOf } from '../support/rows.js';
import { dataFolder } from '../support/temporary.js';
import { Tenant } from './tenant.js';
import { UserLoad } from './user-load.js';

const KILLS = 5;
const CONNECTIONS = 12;

type Kill = (dataDir: string, databaseUrl: string) => Promise<void>;

/** Ends the server; the service restarts it. */
const killPostmaster: Kill = async (dataDir) => {
  process.kill((await postmasterOf(dataDir)) ?? NaN, 'SIGKILL');
};

/** PostgreSQL closes all connections and recovers from its log. */
const killBackend: Kill = async (_dataDir, databaseUrl) => {
  const connection = "SELECT pid FROM pg_stat_activity WHERE application_name = 'tenantry' LIMIT 1";
  const [row] = await rowsOf<{ pid: number }>(databaseUrl, connection);
  process.kill(row?.pid ?? NaN, 'SIGKILL');
};

describe.each([
  ['PostgreSQL is killed', killPostmaster],
  ['A backend of PostgreSQL is killed', killBackend],
])(`%s ${String(KILLS)} times while users are created`, (_process, kill) => {
  let databaseUrl: string;
  let service: ServiceProcess;
  let load: UserLoad;

  beforeAll(async () => {
    const dataDir = await dataFolder();
    service = await startEmbedded(dataDir);
    databaseUrl = await urlOf(dataDir);
    load = new UserLoad(await Tenant.sandbox(dataDir));
    load.start(service.origin, CONNECTIONS);
    for (let kills = 0; kills < KILLS; kills += 1) {
      await load.untilAcknowledged(CONNECTIONS * 2);
      await kill(dataDir, databaseUrl);
      await load.untilRefused(1);
    }
    await load.untilAcknowledged(CONNECTIONS);
    await load.stop();
    await load.retry(service.origin, load.requests, CONNECTIONS);
  }, 300_000);
  afterAll(() => service.stop());

  itAnswersInTime(() => load.requests);
  itKeepsAcknowledgedUsers(() => ({ databaseUrl, requests: load.requests }));

  it('leaves the service ready, without a restart', async () => {
    expect((await fetch(`${service.origin}/health/ready`)).status).toBe(200);
  });
});

async function urlOf(dataDir: string): Promise<string> {
  const { output } = await ServiceProcess.cli({ DATA_DIR: dataDir }, 'database', 'url');
  return output.trim();
}
