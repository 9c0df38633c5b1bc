import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { removeLeftovers } from '../ci/leftovers.js';
import { ServiceProcess } from '../support/service-process.js';
import { itLosesNothing } from './nothing-lost.js';
import { startEmbedded } from './processes.js';
import { itRefusesInTime } from './refusals.js';
import { rowsOf } from './rows.js';
import { SmallDisk } from './small-disk.js';
import { Tenant } from './tenant.js';
import { UserLoad } from './user-load.js';

const CONNECTIONS = 8;
const isPossible = SmallDisk.isPossible();

afterAll(removeLeftovers);

type Trouble = (databaseUrl: string) => Promise<void>;

/** A table that has to grow is refused (53100), and PostgreSQL goes on. */
const none: Trouble = () => Promise.resolve();

/** PostgreSQL cannot write its log any more, and ends; nor can it start before there is room. */
const logIsFull: Trouble = async (databaseUrl) => {
  const write = "SELECT pg_logical_emit_message(false, 'x', repeat('x', 1000000)), pg_switch_wal()";
  try {
    for (;;) await rowsOf(databaseUrl, write);
  } catch {
    // it has ended
  }
};

(isPossible ? describe : describe.skip).each([
  ['tables', none, '"code":"53100"'],
  ['write-ahead log', logIsFull, '"code":"ECONNREFUSED"'],
])(
  `A disk that has no room for PostgreSQL's %s${isPossible ? '' : ' (skipped: no tmpfs can be mounted here)'}`,
  (_what, trouble, sign) => {
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
      await trouble(databaseUrl);
      await load.untilRefused(5 * CONNECTIONS);
      await disk.makeRoom();
      await load.untilAcknowledged(CONNECTIONS);
      await load.stop();
      await load.retry(service.origin, load.requests, CONNECTIONS);
    }, 120_000);
    afterAll(() => service.stop());

    it('was the trouble that the service had', () => {
      expect(service.output).toContain(sign);
    });

    itRefusesInTime(() => load.requests);
    itLosesNothing(() => ({ databaseUrl, requests: load.requests }));

    it('serves again when there is room, without a restart', async () => {
      expect((await fetch(`${service.origin}/health/ready`)).status).toBe(200);
    });
  },
);
