import { Injectable } from '@nestjs/common';
import type { JWK } from 'jose';
import { TenantDatabase } from '../database/tenant-database.js';
import { SigningKeysService } from '../signing/signing-keys.service.js';
import { CheckpointsService } from './checkpoints.service.js';
import { GENESIS_HASH, hashEvent } from './hash-chain.js';
import { findOrphanedCheckpoints, readLinks, readSealStates, type ChainLink } from './hash-chain.queries.js';

export interface Verification {
  organization_id: string;
  /** Number of events with the right hash. */
  verified: number;
  /** Number of events that are not sealed yet. */
  unsealed: number;
  /** Number of checkpoints with the right hash and signature. */
  checkpoints: number;
  /** Describes the first fault; undefined when there is none. */
  fault?: string;
}

/** Verifies hash chains: recomputes all hashes, and checks the signatures of all checkpoints. */
@Injectable()
export class VerificationService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly signingKeys: SigningKeysService,
    private readonly checkpoints: CheckpointsService,
  ) {}

  /** Verifies the chains of all organizations, one after the other. */
  async *all(): AsyncGenerator<Verification> {
    const organizations = await this.database.acrossTenants((manager) =>
      manager.query<{ id: string }[]>('SELECT id FROM organizations ORDER BY created_at, id'),
    );
    for (const { id } of organizations) yield this.organization(id);
  }

  async organization(organizationId: string): Promise<Verification> {
    const result: Verification = {
      organization_id: organizationId,
      verified: 0,
      unsealed: 0,
      checkpoints: 0,
    };
    const fault = (await this.findFaultInChain(result)) ?? (await this.findUnchainedEvent(result));
    return fault === undefined ? result : { ...result, fault };
  }

  private async findFaultInChain(result: Verification): Promise<string | undefined> {
    const keys = await this.signingKeys.publicKeys();
    let hash: Buffer = GENESIS_HASH;
    for await (const link of readLinks(this.database, result.organization_id)) {
      const fault =
        faultOf(link, result.verified + 1, hash) ?? (await this.findCheckpointFault(link, result, keys));
      if (fault !== undefined) return fault;
      hash = link.hash;
      result.verified += 1;
    }
    const [orphan] = await findOrphanedCheckpoints(this.database, result.organization_id);
    return orphan === undefined
      ? undefined
      : `the chain was truncated: it ends at ${String(result.verified)}, but there is a checkpoint at ${orphan.sequence}`;
  }

  private async findCheckpointFault(
    { token, sequence, hash }: ChainLink,
    result: Verification,
    keys: JWK[],
  ): Promise<string | undefined> {
    if (token === null) return undefined;
    const position = { organization_id: result.organization_id, sequence, hash };
    if (!(await this.checkpoints.verify(token, position, keys)))
      return `the checkpoint at ${String(sequence)} was signed for another chain, or its signature is invalid`;
    result.checkpoints += 1;
    return undefined;
  }

  /** Finds an event that was inserted without the service: it is neither sealed nor queued. */
  private async findUnchainedEvent(result: Verification): Promise<string | undefined> {
    for await (const { id, is_queued, is_sealed } of readSealStates(this.database, result.organization_id)) {
      if (!is_sealed && !is_queued) return `event ${id} was inserted: it is not in the chain`;
      if (!is_sealed) result.unsealed += 1;
    }
    return undefined;
  }
}

function faultOf(
  { sequence, event_id, event, hash }: ChainLink,
  expectedSequence: number,
  previousHash: Buffer,
): string | undefined {
  if (sequence !== expectedSequence)
    return `position ${String(expectedSequence)} is missing from the chain: its seal was removed`;
  const where = `event ${event_id}, at ${String(sequence)} in the chain,`;
  if (event === undefined) return `${where} was removed`;
  return hashEvent(previousHash, event).equals(hash)
    ? undefined
    : `${where} was changed, or does not belong at this position`;
}
