import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SigningKeysService } from '../../../src/signing/signing-keys.service.js';
import { createOrganization, createUser } from '../../support/factories/organization.js';
import { useService } from '../../support/use-service.js';
import { AuditChain } from '../../support/audit-chain.js';

const { service, acme } = useService({ perTest: true });
const { seal, checkpoint, verify, sealSeven, tamper, exportLines } = new AuditChain(service, acme);

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenantry-audit-'));
});
afterAll(() => rm(folder, { recursive: true }));

interface Outcome {
  code: number | null;
  output: string;
}

/** Runs the stand-alone verifier on a file with these lines. */
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

/** By the service, and by the stand-alone verifier if the export file shows it. */
describe('Tampering with the hash chain is detected:', () => {
  const expectFault = async (fault: RegExp, { inFile = true } = {}): Promise<void> => {
    expect((await verify()).fault).toMatch(fault);
    const { code, output } = await verifyFile(await exportLines());
    expect([code === 0, output]).toEqual([!inFile, inFile ? expect.stringMatching(fault) : output]);
  };

  it('no fault without tampering', async () => {
    await sealSeven();
    const { code, output } = await verifyFile(await exportLines());
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
  ])('a changed %s of an event', async (column, value) => {
    const [, , , fourth] = await sealSeven();
    await tamper(`UPDATE audit_events SET ${column} = ${value} WHERE id = $1`, fourth?.event_id);
    await expectFault(new RegExp(`event ${fourth?.event_id ?? ''}, at 4 in the chain, was changed`));
  });

  it('a removed event', async () => {
    const [, , third] = await sealSeven();
    await tamper('DELETE FROM audit_events WHERE id = $1', third?.event_id);
    await expectFault(new RegExp(`event ${third?.event_id ?? ''}, at 3 in the chain, was removed`));
  });

  it('an event removed with its seal', async () => {
    const [, , third] = await sealSeven();
    await tamper('DELETE FROM audit_events WHERE id = $1', third?.event_id);
    await tamper('DELETE FROM audit_seals WHERE event_id = $1', third?.event_id);
    await expectFault(/position 3 is missing from the chain/);
  });

  it('an event removed with its seal, and the sequence closed', async () => {
    const [, , third, fourth] = await sealSeven();
    await tamper('DELETE FROM audit_events WHERE id = $1', third?.event_id);
    await tamper('DELETE FROM audit_seals WHERE event_id = $1', third?.event_id);
    await tamper(
      'UPDATE audit_seals SET sequence = sequence - 1 WHERE organization_id = $1 AND sequence > 3',
      acme.id,
    );
    await expectFault(
      new RegExp(`event ${fourth?.event_id ?? ''}, at 3 in the chain, was changed, or does not belong`),
    );
  });

  it('two exchanged events', async () => {
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
    await expectFault(
      new RegExp(`event ${fourth?.event_id ?? ''}, at 3 in the chain, was changed, or does not belong`),
    );
  });

  it('an inserted event', async () => {
    const seals = await sealSeven();
    const id = '019b0000-0000-7000-8000-0000000000cc';
    await tamper(
      `INSERT INTO audit_events SELECT organization_id, $2, occurred_at, actor_type, actor_id, actor_name, action,
         target_type, target_id, changes, details, request_id, address, user_agent FROM audit_events WHERE id = $1`,
      seals[2]?.event_id,
      id,
    );
    await expectFault(new RegExp(`event ${id} was inserted`), { inFile: false }); // it is not in the chain
    await tamper(
      'UPDATE audit_seals SET sequence = sequence + 100 WHERE organization_id = $1 AND sequence > 2',
      acme.id,
    );
    await tamper(
      'UPDATE audit_seals SET sequence = sequence - 99 WHERE organization_id = $1 AND sequence > 2',
      acme.id,
    );
    await tamper('INSERT INTO audit_seals VALUES ($1, 3, $2, $3)', acme.id, id, seals[2]?.hash);
    await expectFault(new RegExp(`event ${id}, at 3 in the chain, was changed, or does not belong`));
  });

  it('the last events removed after a checkpoint', async () => {
    const seals = await sealSeven();
    await checkpoint();
    await tamper('DELETE FROM audit_seals WHERE event_id = $1', seals[6]?.event_id);
    await tamper('DELETE FROM audit_events WHERE id = $1', seals[6]?.event_id);
    await expectFault(/the chain was truncated/);
  });

  it('a changed event with all later hashes recomputed', async () => {
    const [, second] = await sealSeven();
    await tamper("UPDATE audit_events SET actor_name = 'Mallory' WHERE id = $1", second?.event_id);
    await tamper('DELETE FROM audit_seals WHERE organization_id = $1', acme.id);
    await tamper(
      'INSERT INTO audit_unsealed SELECT organization_id, id FROM audit_events WHERE organization_id = $1',
      acme.id,
    );
    await seal();
    await expectFault(/the checkpoint at 6 was signed for another chain/);
  });

  it('a checkpoint of another organization', async () => {
    await sealSeven();
    const other = await createOrganization(service, 'Other');
    await new AuditChain(service, other).sealSeven();
    await tamper(
      `UPDATE audit_checkpoints SET token = (SELECT token FROM audit_checkpoints WHERE organization_id = $2)
       WHERE organization_id = $1`,
      acme.id,
      other.id,
    );
    await expectFault(/the checkpoint at 6 was signed for another chain/);
  });

  it('a checkpoint with a changed signature', async () => {
    await sealSeven();
    await tamper(
      "UPDATE audit_checkpoints SET token = regexp_replace(token, '[^.]{43}$', repeat('A', 43)) WHERE organization_id = $1",
      acme.id,
    );
    expect((await verify()).fault).toMatch(
      /the checkpoint at 6 was signed for another chain, or its signature is invalid/,
    );
    expect((await verifyFile(await exportLines())).output).toMatch(/checkpoint at 6 has a wrong signature/);
  });

  it('another token signed by the service instead of a checkpoint', async () => {
    const seals = await sealSeven();
    const claims = { org: acme.id, seq: 6, hash: seals[5]?.hash.toString('hex') };
    const token = await service.app.get(SigningKeysService).sign('JWT', claims);
    await tamper('UPDATE audit_checkpoints SET token = $2 WHERE organization_id = $1', acme.id, token);
    expect((await verify()).fault).toMatch(
      /the checkpoint at 6 was signed for another chain, or its signature is invalid/,
    );
    expect((await verifyFile(await exportLines())).output).toMatch(/checkpoint at 6 has a wrong signature/);
  });
});

describe('The stand-alone verifier (tools/verify-audit-export.js)', () => {
  it('imports no package', async () => {
    const source = await readFile('tools/verify-audit-export.js', 'utf8');
    const imported = [...source.matchAll(/from '([^']+)'/g)].map(([, name]) => name);
    expect(imported.filter((name) => !name?.startsWith('node:'))).toEqual([]);
  });

  it('detects a changed event in the file', async () => {
    await sealSeven();
    const lines = await exportLines();
    const at = lines.findIndex((line) => line.includes('"sequence":2'));
    const changed = lines.with(at, (lines[at] ?? '').replace('Europe', 'Europa'));
    expect((await verifyFile(changed)).output).toMatch(/at 2 in the chain, was changed/);
  });

  it('detects removed, moved and inserted lines', async () => {
    await sealSeven();
    const lines = await exportLines();
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

  it('prints the trusted keys, and trusts only those of --keys', async () => {
    await sealSeven();
    const lines = await exportLines();
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

  it('needs no personal data, which is encrypted in the file', async () => {
    const { email } = await createUser(acme, { first_name: 'Grace' });
    await seal();
    const text = (await exportLines()).join('\n');
    expect(text).toContain('"encrypted"');
    expect(text).not.toMatch(new RegExp(`Grace|${email}`));
  });
});
