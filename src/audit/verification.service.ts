import { Injectable } from '@nestjs/common';
import type { JWK } from 'jose';
import { TenantDatabase } from '../database/tenant-database.js';
import { SigningKeysService } from '../signing/signing-keys.service.js';
import { BEFORE_THE_FIRST, linked } from './chain.js';
import { linksOf, looseCheckpoints, standingsOf, type Link } from './chain.queries.js';
import { CheckpointsService } from './checkpoints.service.js';

export interface Verification {
  organization_id: string;
  /** Events that are as they were sealed. */
  held: number;
  /** Events that are not sealed yet. */
  unsealed: number;
  checkpoints: number;
  /** The first thing that does not hold; undefined when everything does. */
  fault?: string;
}

/** Works everything out again that the chain says, and compares. */
@Injectable()
export class VerificationService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly signingKeys: SigningKeysService,
    private readonly checkpoints: CheckpointsService,
  ) {}

  /** All organizations, one after the other. */
  async *all(): AsyncGenerator<Verification> {
    const organizations = await this.database.acrossTenants((manager) =>
      manager.query<{ id: string }[]>('SELECT id FROM organizations ORDER BY created_at, id'),
    );
    for (const { id } of organizations) yield this.organization(id);
  }

  async organization(organizationId: string): Promise<Verification> {
    const result: Verification = { organization_id: organizationId, held: 0, unsealed: 0, checkpoints: 0 };
    const fault = (await this.faultInChain(result)) ?? (await this.faultBesideChain(result));
    return fault === undefined ? result : { ...result, fault };
  }

  private async faultInChain(result: Verification): Promise<string | undefined> {
    const keys = await this.signingKeys.publicKeys();
    let hash: Buffer = BEFORE_THE_FIRST;
    for await (const link of linksOf(this.database, result.organization_id)) {
      const fault =
        faultOf(link, result.held + 1, hash) ?? (await this.faultOfCheckpoint(link, result, keys));
      if (fault !== undefined) return fault;
      hash = link.hash;
      result.held += 1;
    }
    const [loose] = await looseCheckpoints(this.database, result.organization_id);
    return loose === undefined
      ? undefined
      : `the chain was cut off: it ends at ${String(result.held)}, and a checkpoint was signed at ${loose.sequence}`;
  }

  private async faultOfCheckpoint(
    { token, sequence, hash }: Link,
    result: Verification,
    keys: JWK[],
  ): Promise<string | undefined> {
    if (token === null) return undefined;
    const place = { organization_id: result.organization_id, sequence, hash };
    if (!(await this.checkpoints.isOf(token, place, keys)))
      return `the checkpoint at ${String(sequence)} was signed for another chain, or by nobody`;
    result.checkpoints += 1;
    return undefined;
  }

  /** Events that nobody recorded: neither sealed nor waiting for it. */
  private async faultBesideChain(result: Verification): Promise<string | undefined> {
    for await (const { id, waiting, sealed } of standingsOf(this.database, result.organization_id)) {
      if (!sealed && !waiting) return `event ${id} was put in: it is not in the chain`;
      if (!sealed) result.unsealed += 1;
    }
    return undefined;
  }
}

function faultOf(
  { sequence, event_id, event, hash }: Link,
  expected: number,
  previous: Buffer,
): string | undefined {
  if (sequence !== expected) return `the chain has no place ${String(expected)}: its seal was removed`;
  const where = `event ${event_id}, at ${String(sequence)} in the chain,`;
  if (event === undefined) return `${where} was removed`;
  return linked(previous, event).equals(hash)
    ? undefined
    : `${where} was changed, or does not belong at this place`;
}
