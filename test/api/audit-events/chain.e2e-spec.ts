import { describe, expect, it } from '@jest/globals';
import { VerificationService } from '../../../src/audit/verification.service.js';
import { SigningKeysService } from '../../../src/signing/signing-keys.service.js';
import { createOrganization, createUser } from '../../support/factories/organization.js';
import { USERS } from '../../support/paths.js';
import { useService } from '../../support/use-service.js';
import { AuditChain, SETUP_EVENTS } from '../../support/audit-chain.js';
import { beginTransaction } from '../../support/transaction.js';

const { service, startReplica, acme } = useService({ perTest: true });
const { seal, checkpoint, verify, seals, renameGroup, sealSeven, tamper } = new AuditChain(service, acme);

describe('The hash chain of audit events', () => {
  it('contains every event once, in order, and can be verified', async () => {
    await createUser(acme);
    await seal();
    expect((await seals()).map(({ sequence }) => sequence)).toEqual(['1', '2', '3', '4']);
    expect(await verify()).toEqual({ organization_id: acme.id, verified: 4, unsealed: 0, checkpoints: 0 });
  });

  it('continues after its last seal', async () => {
    await seal();
    const before = await seals();
    await renameGroup('Later');
    expect((await verify()).unsealed).toBe(1);
    await seal();
    expect((await seals()).slice(0, SETUP_EVENTS)).toEqual(before);
    expect(await verify()).toMatchObject({ verified: SETUP_EVENTS + 1, unsealed: 0 });
  });

  it('contains an event of a long transaction after its COMMIT', async () => {
    await seal();
    const transaction = await beginTransaction(service);
    const id = '019b0000-0000-7000-8000-0000000000aa'; // sorts before all others
    await transaction.query(
      `WITH queued AS (INSERT INTO audit_unsealed VALUES ($1, $2))
       INSERT INTO audit_events (organization_id, id, actor_type, actor_name, action, target_type, target_id, changes)
       VALUES ($1, $2, 'command_line', 'test', 'role.updated', 'role', 'rol_000000000000', '{}')`,
      [acme.id, id],
    );
    await renameGroup('Meanwhile');
    await seal();
    expect((await seals()).map(({ event_id }) => event_id)).not.toContain(id);
    expect(await verify()).toMatchObject({ verified: SETUP_EVENTS + 1, unsealed: 0 });
    await transaction.commit();
    await renameGroup('Afterwards');
    await seal();
    expect((await seals()).map(({ event_id }) => event_id)[SETUP_EVENTS + 1]).toBe(id);
    expect(await verify()).toMatchObject({ verified: SETUP_EVENTS + 3, unsealed: 0 });
  });

  it('is written by one of two replicas at a time during concurrent changes', async () => {
    const replica = await startReplica();
    const done = new AbortController();
    const sealing = [service, replica].map(async (by) => {
      while (!done.signal.aborted) await seal(by);
    });
    const creation = Promise.all(Array.from({ length: 40 }, () => createUser(acme)));
    const users = await creation.finally(() => {
      done.abort(); // also when a creation fails: the loops must not seal in the next tests
    });
    await Promise.all(sealing);
    await seal();
    expect(new Set(users.map(({ id }) => id)).size).toBe(40);
    expect(await verify()).toMatchObject({ verified: SETUP_EVENTS + 40, unsealed: 0 });
  });

  it('is not written while another replica writes it, and changes do not wait for it', async () => {
    const rival = await beginTransaction(service);
    await rival.query('SELECT pg_advisory_xact_lock(7352004)'); // the lock of sealing
    const user = await createUser(acme);
    expect(await seal()).toBe(0);
    await rival.rollback();
    expect(user.id).toBeDefined();
    expect(await seal()).toBeGreaterThan(0);
  });

  it('is independent for each organization', async () => {
    const other = await createOrganization(service, 'Other');
    await seal();
    const verified = service.app.get(VerificationService);
    const before = await verified.organization(other.id);
    await tamper("UPDATE audit_events SET action = 'user.deleted' WHERE organization_id = $1", acme.id);
    expect((await verify()).fault).toBeDefined();
    expect(await verified.organization(other.id)).toEqual(before);
  });

  it('is written for other organizations when that of one fails', async () => {
    await seal();
    const others = [await createOrganization(service, 'First'), await createOrganization(service, 'Second')];
    await service.dataSource.query(
      'INSERT INTO audit_unsealed SELECT organization_id, event_id FROM audit_seals WHERE organization_id = $1',
      [acme.id],
    );
    await expect(seal()).rejects.toThrow(acme.id);
    const verified = others.map(({ id }) => service.app.get(VerificationService).organization(id));
    expect(await Promise.all(verified)).toMatchObject(
      others.map(() => ({ verified: SETUP_EVENTS, unsealed: 0 })),
    );
    await service.dataSource.query('DELETE FROM audit_unsealed WHERE organization_id = $1', [acme.id]);
  });

  it('can be longer than a page and a batch', async () => {
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
    expect(result).toMatchObject({ verified: 1200 + SETUP_EVENTS, unsealed: 0 });
    expect(result.checkpoints).toBeGreaterThan(0); // one is due after a thousand
  });

  it('can be verified after a user was erased', async () => {
    const { id } = await createUser(acme);
    await seal();
    await checkpoint();
    expect((await acme.client.delete(`${USERS}/${id}?erase=true`)).status).toBe(204);
    await seal();
    expect(await verify()).toEqual({
      organization_id: acme.id,
      verified: SETUP_EVENTS + 2,
      unsealed: 0,
      checkpoints: 1,
    });
  });
});

describe('Checkpoints of the hash chain', () => {
  it('can be verified after the signing key was rotated', async () => {
    await sealSeven();
    await service.app.get(SigningKeysService).rotate();
    await checkpoint();
    expect(await verify()).toMatchObject({ verified: 7, checkpoints: 2 });
  });

  it('are created once per position', async () => {
    await seal();
    expect(await checkpoint()).toBe(true);
    expect(await checkpoint()).toBe(true);
    expect((await verify()).checkpoints).toBe(1);
  });
});
