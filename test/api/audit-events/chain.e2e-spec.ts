import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ChainExportService } from '../../../src/audit/chain-export.service.js';
import { CheckpointsService } from '../../../src/audit/checkpoints.service.js';
import { SealingService } from '../../../src/audit/sealing.service.js';
import { VerificationService, type Verification } from '../../../src/audit/verification.service.js';
import { SigningKeysService } from '../../../src/signing/signing-keys.service.js';
import type { UserResponse } from '../../../src/users/dto/user.response.js';
import { createOrganization, newUser, type TestOrganization } from '../../support/factories/organization.js';
import { startApp, type TestApp } from '../../support/app.js';
import { TEST_ENCRYPTION_KEY } from '../../support/encryption-key.js';
import { keyHeaders } from '../../support/client.js';
import { ServiceProcess } from '../../support/service-process.js';

const USERS = '/v1/organizations/users';
const GROUPS = '/v1/organizations/account-groups';

/** Events of a new organization: itself, its group, its account. */
const BEFORE = 3;

let service: TestApp;
let acme: TestOrganization;
let folder: string;
/** Closed at the very end: validators ask whichever application was started last in this process. */
const replicas: TestApp[] = [];

beforeAll(async () => {
  service = await startApp();
  folder = await mkdtemp(join(tmpdir(), 'tenantry-audit-'));
});
beforeEach(async () => {
  acme = await createOrganization(service);
});
afterAll(async () => {
  for (const replica of replicas) await replica.close();
  await rm(folder, { recursive: true });
  await service.close();
});

const seal = (by: TestApp = service): Promise<number> => by.app.get(SealingService).seal();
const checkpoint = (by: TestApp = service): Promise<boolean> =>
  by.app.get(CheckpointsService).make([acme.id]);
const verify = (): Promise<Verification> => service.app.get(VerificationService).organization(acme.id);
const createUser = async (changes = {}): Promise<UserResponse> =>
  (await acme.client.post<UserResponse>(USERS, newUser(acme, changes))).body;
const rename = (name: string): Promise<unknown> => acme.client.patch(`${GROUPS}/${acme.group.id}`, { name });

interface Seal {
  sequence: string;
  event_id: string;
  hash: Buffer;
}
const chain = (): Promise<Seal[]> =>
  service.dataSource.query(
    'SELECT sequence, event_id, hash FROM audit_seals WHERE organization_id = $1 ORDER BY sequence',
    [acme.id],
  );

/** A chain of seven events, the last of them behind a checkpoint. */
async function sealSeven(): Promise<Seal[]> {
  for (const name of ['One', 'Two', 'Three']) await rename(name);
  await seal();
  await checkpoint();
  await rename('Four');
  await seal();
  return chain();
}

/** As somebody can who owns the database. */
async function tamper(statement: string, ...parameters: unknown[]): Promise<void> {
  await service.dataSource.transaction(async (manager) => {
    await manager.query("SET LOCAL session_replication_role = 'replica'");
    await manager.query(statement, parameters);
  });
}

interface Outcome {
  code: number | null;
  output: string;
}

const cli = (...command: string[]): Promise<Outcome> =>
  ServiceProcess.cli({ DATABASE_URL: service.database.url, ENCRYPTION_KEY: TEST_ENCRYPTION_KEY }, ...command);

async function exportChain(): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of service.app.get(ChainExportService).linesOf(acme.id)) lines.push(line.trimEnd());
  return lines;
}

/** The stand-alone verifier, on a file of these lines. */
async function verifyFile(lines: string[], ...options: string[]): Promise<Outcome> {
  const file = join(folder, 'export.ndjson');
  await writeFile(file, lines.map((line) => `${line}\n`).join(''));
  const child = spawn(process.execPath, ['tools/verify-audit-export.js', file, ...options]);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

describe('The chain', () => {
  it('has every event once, in order, and holds', async () => {
    await createUser();
    await seal();
    const seals = await chain();
    expect(seals.map(({ sequence }) => sequence)).toEqual(['1', '2', '3', '4']);
    expect(await verify()).toEqual({ organization_id: acme.id, verified: 4, unsealed: 0, checkpoints: 0 });
  });

  it('goes on where it ended', async () => {
    await seal();
    const before = await chain();
    await rename('Later');
    expect((await verify()).unsealed).toBe(1);
    await seal();
    expect((await chain()).slice(0, BEFORE)).toEqual(before);
    expect(await verify()).toMatchObject({ verified: BEFORE + 1, unsealed: 0 });
  });

  it('gets an event whose transaction ends late when it has ended, and leaves none out', async () => {
    await seal();
    const late = service.dataSource.createQueryRunner();
    await late.startTransaction();
    const id = '019b0000-0000-7000-8000-0000000000aa'; // older than all others
    await late.query(
      `WITH queued AS (INSERT INTO audit_unsealed VALUES ($1, $2))
       INSERT INTO audit_events (organization_id, id, actor_type, actor_name, action, target_type, target_id, changes)
       VALUES ($1, $2, 'command_line', 'test', 'role.updated', 'role', 'rol_000000000000', '{}')`,
      [acme.id, id],
    );
    await rename('Meanwhile');
    await seal();
    expect((await chain()).map(({ event_id }) => event_id)).not.toContain(id);
    expect(await verify()).toMatchObject({ verified: BEFORE + 1, unsealed: 0 });
    await late.commitTransaction();
    await late.release();
    await rename('Afterwards');
    await seal();
    expect((await chain()).map(({ event_id }) => event_id)[BEFORE + 1]).toBe(id);
    expect(await verify()).toMatchObject({ verified: BEFORE + 3, unsealed: 0 });
  });

  it('is made by one replica at a time, while others change things side by side', async () => {
    const replica = await startApp({}, service.database);
    replicas.push(replica);
    const done = new AbortController();
    const sealing = [service, replica].map(async (by) => {
      while (!done.signal.aborted) await seal(by);
    });
    const users = await Promise.all(Array.from({ length: 40 }, () => createUser()));
    done.abort();
    await Promise.all(sealing);
    await seal();
    expect(new Set(users.map(({ id }) => id)).size).toBe(40);
    expect(await verify()).toMatchObject({ verified: BEFORE + 40, unsealed: 0 });
  });

  it('waits for no transaction, and lets none wait', async () => {
    const other = service.dataSource.createQueryRunner();
    await other.startTransaction();
    await other.query('SELECT pg_advisory_xact_lock(7352004)'); // as if another replica were sealing
    const user = await createUser();
    expect(await seal()).toBe(0);
    await other.rollbackTransaction();
    await other.release();
    expect(user.id).toBeDefined();
    expect(await seal()).toBeGreaterThan(0);
  });

  it('is one for each organization', async () => {
    const other = await createOrganization(service, 'Other');
    await seal();
    const verified = service.app.get(VerificationService);
    const before = await verified.organization(other.id);
    await tamper("UPDATE audit_events SET action = 'user.deleted' WHERE organization_id = $1", acme.id);
    expect((await verify()).fault).toBeDefined();
    expect(await verified.organization(other.id)).toEqual(before);
  });

  it('goes on for every other organization where that of one cannot', async () => {
    await seal();
    const others = [await createOrganization(service, 'First'), await createOrganization(service, 'Second')];
    await service.dataSource.query(
      'INSERT INTO audit_unsealed SELECT organization_id, event_id FROM audit_seals WHERE organization_id = $1',
      [acme.id],
    );
    await expect(seal()).rejects.toThrow(acme.id);
    const verified = others.map(({ id }) => service.app.get(VerificationService).organization(id));
    expect(await Promise.all(verified)).toMatchObject(others.map(() => ({ verified: BEFORE, unsealed: 0 })));
    await service.dataSource.query('DELETE FROM audit_unsealed WHERE organization_id = $1', [acme.id]);
  });

  it('is longer than a page, and more than one batch', async () => {
    await service.dataSource.query(
      `WITH made AS (
         INSERT INTO audit_events (organization_id, id, actor_type, actor_name, action, target_type, target_id, changes)
         SELECT $1, gen_random_uuid(), 'command_line', 'test', 'role.updated', 'role', 'rol_000000000000', '{}'
         FROM generate_series(1, 1200) RETURNING organization_id, id)
       INSERT INTO audit_unsealed SELECT * FROM made`,
      [acme.id],
    );
    await seal();
    const result = await verify();
    expect(result).toMatchObject({ verified: 1200 + BEFORE, unsealed: 0 });
    expect(result.checkpoints).toBeGreaterThan(0); // one is due after a thousand
  });

  it('holds after a user was erased', async () => {
    const { id } = await createUser();
    await seal();
    await checkpoint();
    expect((await acme.client.delete(`${USERS}/${id}?erase=true`)).status).toBe(204);
    await seal();
    expect(await verify()).toEqual({
      organization_id: acme.id,
      verified: BEFORE + 2,
      unsealed: 0,
      checkpoints: 1,
    });
  });
});

describe('A checkpoint', () => {
  it('holds after the signing key was rotated', async () => {
    await sealSeven();
    await service.app.get(SigningKeysService).rotate();
    await checkpoint();
    expect(await verify()).toMatchObject({ verified: 7, checkpoints: 2 });
  });

  it('is made once for one place', async () => {
    await seal();
    expect(await checkpoint()).toBe(true);
    expect(await checkpoint()).toBe(true);
    expect((await verify()).checkpoints).toBe(1);
  });

  it('is left out where nothing can be signed, and all else goes on', async () => {
    const mute = await ServiceProcess.start({
      DATABASE_URL: service.database.url,
      NODE_ENV: 'production',
      LOG_LEVEL: 'warn',
    });
    await service.dataSource.query('DELETE FROM signing_keys');
    await rename('Unsigned');
    await mute.stop(); // which seals what is left, and would sign it
    expect(await verify()).toMatchObject({ verified: BEFORE + 1, unsealed: 0, checkpoints: 0 });
    expect(mute.output.match(/sealed without checkpoints/g)).toHaveLength(1);
  });
});

describe('A running service', () => {
  it('seals by itself, and signs what it has sealed when it stops', async () => {
    const running = await ServiceProcess.start({
      DATABASE_URL: service.database.url,
      ENCRYPTION_KEY: TEST_ENCRYPTION_KEY,
    });
    const made = await fetch(`${running.origin}${USERS}`, {
      method: 'POST',
      headers: { ...keyHeaders(acme.keys), 'Content-Type': 'application/json' },
      body: JSON.stringify(newUser(acme)),
    });
    expect(made.status).toBe(201);
    while ((await chain()).length < BEFORE + 1) await pause(20);
    await running.stop();
    expect(await verify()).toMatchObject({ verified: BEFORE + 1, unsealed: 0, checkpoints: 1 });
  });
});

describe('audit verify', () => {
  it('prints how many events hold, and how many are not sealed yet', async () => {
    await sealSeven();
    await rename('Five');
    const { code, output } = await cli('audit', 'verify', '--organization', acme.id);
    expect([code, output]).toEqual([
      0,
      `Organization ${acme.id}: 7 events hold, 1 are not sealed yet, 1 checkpoints hold.\n`,
    ]);
  });

  it('checks every organization when none is named, and fails for any', async () => {
    const [, second] = await sealSeven();
    const other = await createOrganization(service, 'Other');
    await tamper('UPDATE audit_events SET address = NULL WHERE id = $1', second?.event_id);
    const { code, output } = await cli('audit', 'verify');
    expect(code).not.toBe(0);
    expect(output).toContain(`Organization ${other.id}: 0 events hold, 3 are not sealed yet`);
    expect(output).toContain(
      `Organization ${acme.id}: event ${second?.event_id ?? ''}, at 2 in the chain, was changed, or does not ` +
        'belong at this place (1 events before it hold).',
    );
  });

  it.each(['nonsense', '019b0000-0000-7000-8000-0000000000aa'])(
    'refuses the organization %s, which there is not',
    async (id) => {
      expect((await cli('audit', 'verify', '--organization', id)).code).not.toBe(0);
    },
  );
});

describe('audit export', () => {
  it('prints the chain of one organization, as the stand-alone verifier reads it', async () => {
    await sealSeven();
    const { code, output } = await cli('audit', 'export', '--organization', acme.id);
    expect([code, output.trimEnd().split('\n')]).toEqual([0, await exportChain()]);
  });

  it('asks which organization', async () => {
    const { code, output } = await cli('audit', 'export');
    expect([code, output]).toEqual([1, expect.stringContaining('--organization')]);
  });
});

/** Each by SQL with the triggers off; the stand-alone verifier has to agree wherever the file can show it. */
describe('Tampering is found, by the command line and by an outsider:', () => {
  const find = async (fault: RegExp, { inFile = true } = {}): Promise<void> => {
    expect((await verify()).fault).toMatch(fault);
    const { code, output } = await verifyFile(await exportChain());
    expect([code === 0, output]).toEqual([!inFile, inFile ? expect.stringMatching(fault) : output]);
  };

  it('nothing, where nothing was done', async () => {
    await sealSeven();
    const { code, output } = await verifyFile(await exportChain());
    expect([code, output]).toEqual([
      0,
      expect.stringContaining(`Organization ${acme.id}: 7 events hold, 1 checkpoints hold.`),
    ]);
  });

  it.each([
    ['action', "'user.deleted'"],
    ['occurred_at', "occurred_at - interval '1 ms'"],
    ['actor_name', "'Mallory'"],
    ['target_id', "'rol_000000000000'"],
    ['changes', "'{}'"],
    ['details', `'{"count": 1}'`],
    ['user_agent', "'curl/8'"],
  ])('an event whose %s was changed', async (column, value) => {
    const [, , , fourth] = await sealSeven();
    await tamper(`UPDATE audit_events SET ${column} = ${value} WHERE id = $1`, fourth?.event_id);
    await find(new RegExp(`event ${fourth?.event_id ?? ''}, at 4 in the chain, was changed`));
  });

  it('an event that was removed', async () => {
    const [, , third] = await sealSeven();
    await tamper('DELETE FROM audit_events WHERE id = $1', third?.event_id);
    await find(new RegExp(`event ${third?.event_id ?? ''}, at 3 in the chain, was removed`));
  });

  it('an event that was removed with its seal', async () => {
    const [, , third] = await sealSeven();
    await tamper('DELETE FROM audit_events WHERE id = $1', third?.event_id);
    await tamper('DELETE FROM audit_seals WHERE event_id = $1', third?.event_id);
    await find(/position 3 is missing from the chain/);
  });

  it('an event that was removed with its seal, and the others moved up', async () => {
    const [, , third, fourth] = await sealSeven();
    await tamper('DELETE FROM audit_events WHERE id = $1', third?.event_id);
    await tamper('DELETE FROM audit_seals WHERE event_id = $1', third?.event_id);
    await tamper(
      'UPDATE audit_seals SET sequence = sequence - 1 WHERE organization_id = $1 AND sequence > 3',
      acme.id,
    );
    await find(
      new RegExp(`event ${fourth?.event_id ?? ''}, at 3 in the chain, was changed, or does not belong`),
    );
  });

  it('two events that changed places', async () => {
    const [, , third, fourth] = await sealSeven();
    await tamper(
      `UPDATE audit_seals SET event_id = CASE sequence WHEN 3 THEN $2::uuid ELSE $1::uuid END
       WHERE organization_id = $3 AND sequence = 3`,
      third?.event_id,
      '019b0000-0000-7000-8000-0000000000bb',
      acme.id,
    );
    await tamper(
      'UPDATE audit_seals SET event_id = $1 WHERE organization_id = $2 AND sequence = 4',
      third?.event_id,
      acme.id,
    );
    await tamper(
      'UPDATE audit_seals SET event_id = $1 WHERE organization_id = $2 AND sequence = 3',
      fourth?.event_id,
      acme.id,
    );
    await find(
      new RegExp(`event ${fourth?.event_id ?? ''}, at 3 in the chain, was changed, or does not belong`),
    );
  });

  it('an event that was put in between', async () => {
    const seals = await sealSeven();
    const id = '019b0000-0000-7000-8000-0000000000cc';
    await tamper(
      `INSERT INTO audit_events SELECT organization_id, $2, occurred_at, actor_type, actor_id, actor_name, action,
         target_type, target_id, changes, details, request_id, address, user_agent FROM audit_events WHERE id = $1`,
      seals[2]?.event_id,
      id,
    );
    await find(new RegExp(`event ${id} was inserted`), { inFile: false }); // it is not in the chain
    await tamper(
      'UPDATE audit_seals SET sequence = sequence + 100 WHERE organization_id = $1 AND sequence > 2',
      acme.id,
    );
    await tamper(
      'UPDATE audit_seals SET sequence = sequence - 99 WHERE organization_id = $1 AND sequence > 2',
      acme.id,
    );
    await tamper('INSERT INTO audit_seals VALUES ($1, 3, $2, $3)', acme.id, id, seals[2]?.hash);
    await find(new RegExp(`event ${id}, at 3 in the chain, was changed, or does not belong`));
  });

  it('a tail that was cut off behind a checkpoint', async () => {
    const seals = await sealSeven();
    await checkpoint();
    await tamper('DELETE FROM audit_seals WHERE event_id = $1', seals[6]?.event_id);
    await tamper('DELETE FROM audit_events WHERE id = $1', seals[6]?.event_id);
    await find(/the chain was truncated/);
  });

  it('a chain that was made anew, all hashes right, from a changed event on', async () => {
    const [, second] = await sealSeven();
    await tamper("UPDATE audit_events SET actor_name = 'Mallory' WHERE id = $1", second?.event_id);
    await tamper('DELETE FROM audit_seals WHERE organization_id = $1', acme.id);
    await tamper(
      'INSERT INTO audit_unsealed SELECT organization_id, id FROM audit_events WHERE organization_id = $1',
      acme.id,
    );
    await seal();
    await find(/the checkpoint at 6 was signed for another chain/);
  });

  it('a checkpoint of another organization', async () => {
    await sealSeven();
    const other = acme;
    acme = await createOrganization(service, 'Other');
    await sealSeven();
    await tamper(
      `UPDATE audit_checkpoints SET token = (SELECT token FROM audit_checkpoints WHERE organization_id = $2)
       WHERE organization_id = $1`,
      acme.id,
      other.id,
    );
    await find(/the checkpoint at 6 was signed for another chain/);
  });

  it('a checkpoint whose signature was changed', async () => {
    await sealSeven();
    await tamper(
      "UPDATE audit_checkpoints SET token = regexp_replace(token, '[^.]{43}$', repeat('A', 43)) WHERE organization_id = $1",
      acme.id,
    );
    expect((await verify()).fault).toMatch(
      /the checkpoint at 6 was signed for another chain, or its signature is invalid/,
    );
    expect((await verifyFile(await exportChain())).output).toMatch(/checkpoint at 6 has a wrong signature/);
  });

  it('another token that the service signed, in place of a checkpoint', async () => {
    const seals = await sealSeven();
    const claims = { org: acme.id, seq: 6, hash: seals[5]?.hash.toString('hex') };
    const token = await service.app.get(SigningKeysService).sign('JWT', claims);
    await tamper('UPDATE audit_checkpoints SET token = $2 WHERE organization_id = $1', acme.id, token);
    expect((await verify()).fault).toMatch(
      /the checkpoint at 6 was signed for another chain, or its signature is invalid/,
    );
    expect((await verifyFile(await exportChain())).output).toMatch(/checkpoint at 6 has a wrong signature/);
  });
});

describe('The stand-alone verifier', () => {
  it('needs no package', async () => {
    const source = await readFile('tools/verify-audit-export.js', 'utf8');
    const imported = [...source.matchAll(/from '([^']+)'/g)].map(([, name]) => name);
    expect(imported.filter((name) => !name?.startsWith('node:'))).toEqual([]);
  });

  it('finds any one byte of an event changed in the file', async () => {
    await sealSeven();
    const lines = await exportChain();
    const at = lines.findIndex((line) => line.includes('"sequence":2'));
    const changed = lines.with(at, (lines[at] ?? '').replace('Europe', 'Europa'));
    expect((await verifyFile(changed)).output).toMatch(/at 2 in the chain, was changed/);
  });

  it('finds a line removed, put elsewhere, or put in', async () => {
    await sealSeven();
    const lines = await exportChain();
    const at = lines.findIndex((line) => line.includes('"sequence":2'));
    const [second = '', third = ''] = lines.slice(at);
    for (const changed of [
      lines.toSpliced(at, 1),
      lines.with(at, third).with(at + 1, second),
      lines.toSpliced(at, 0, second),
      lines.slice(1),
      [],
    ]) {
      expect((await verifyFile(changed)).code).toBe(1);
    }
  });

  it('tells the keys that it believed, and believes only those of a set that it is given', async () => {
    await sealSeven();
    const lines = await exportChain();
    const keys = await service.app.get(SigningKeysService).publicKeys();
    const file = join(folder, 'jwks.json');
    await writeFile(file, JSON.stringify({ keys }));
    const { code, output } = await verifyFile(lines, '--keys', file);
    expect([code, output]).toEqual([0, expect.stringContaining(`Public key: ${keys[0]?.kid ?? ''}`)]);
    await writeFile(file, JSON.stringify({ keys: [] }));
    expect((await verifyFile(lines, '--keys', file)).output).toMatch(
      /signed by the key .+, which is unknown/,
    );
  });

  it('reads personal data no more than anybody else: it is encrypted in the file', async () => {
    const { email } = await createUser({ first_name: 'Grace' });
    await seal();
    const text = (await exportChain()).join('\n');
    expect(text).toContain('"encrypted"');
    expect(text).not.toMatch(new RegExp(`Grace|${email}`));
  });
});
