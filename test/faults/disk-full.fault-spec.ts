import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ServiceProcess } from '../support/service-process.js';
import { itKeepsAcknowledgedUsers } from './consistency-checks.js';
import { startEmbedded } from './processes.js';
import { itAnswersInTime } from './refusal-checks.js';
import { rowsOf } from '../support/rows.js';
import { SmallDisk } from './small-disk.js';
import { Tenant } from './tenant.js';
import { UserLoad } from './user-load.js';

const CONNECTIONS = 8;
const isPossible = SmallDisk.isPossible();

type FillMore = (databaseUrl: string) => Promise<void>;

/** A table cannot grow (53100); PostgreSQL keeps running. */
const tablesOnly: FillMore = () => Promise.resolve();

/** PostgreSQL cannot write its log and stops; it cannot start before there is room. */
const writeAheadLog: FillMore = async (databaseUrl) => {
  const write = "SELECT pg_logical_emit_message(false, 'x', repeat('x', 1000000)), pg_switch_wal()";
  try {
    for (;;) await rowsOf(databaseUrl, write);
  } catch {
    // PostgreSQL has stopped
  }
};

(isPossible ? describe : describe.skip).each([
  ['tables', tablesOnly, '"code":"53100"'],
  ['write-ahead log', writeAheadLog, '"code":"ECONNREFUSED"'],
])(
  `A disk without room for PostgreSQL's %s${isPossible ? '' : ' (skipped: no tmpfs can be mounted here)'}`,
  (_files, fillMore, logged) => {
    let databaseUrl: string;
    let service: ServiceProcess;
    let load: UserLoad;

    beforeAll(async () => {
      const disk = await SmallDisk.mount();
      service = await startEmbedded(disk.path);
      databaseUrl = (await ServiceProcess.cli({ DATA_DIR: disk.path }, 'database', 'url')).output.trim();
      load = new UserLoad(await Tenant.sandbox(disk.path));
      load.start(service.origin, CONNECTIONS);
      await load.untilAcknowledged(CONNECTIONS);
      await disk.fill();
      await fillMore(databaseUrl);
      await load.untilRefused(5 * CONNECTIONS);
      await disk.makeRoom();
      await load.untilAcknowledged(CONNECTIONS);
      await load.stop();
      await load.retry(service.origin, load.requests, CONNECTIONS);
    }, 120_000);
    afterAll(() => service.stop());

    it('logs the expected error', () => {
      expect(service.output).toContain(logged);
    });

    itAnswersInTime(() => load.requests);
    itKeepsAcknowledgedUsers(() => ({ databaseUrl, requests: load.requests }));

    it('is ready again once there is room, without a restart', async () => {
      expect((await fetch(`${service.origin}/health/ready`)).status).toBe(200);
    });
  },
);
