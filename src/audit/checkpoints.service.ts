import { Injectable, Logger } from '@nestjs/common';
import { createLocalJWKSet, errors, jwtVerify, type JWK } from 'jose';
import { TenantDatabase } from '../database/tenant-database.js';
import { Problem } from '../common/errors/problem.js';
import { ALGORITHM } from '../signing/published-keys.service.js';
import { SigningKeysService } from '../signing/signing-keys.service.js';

/** What a checkpoint is, so that no other token passes for one. */
export const CHECKPOINT = 'audit-checkpoint+jwt';

/** Organizations looked through at a time for chains that were left behind. */
const PAGE = 1000;
const ORGANIZATIONS = 'SELECT id FROM organizations WHERE id > $1 ORDER BY id LIMIT $2';

/** The last seal of the chain, unless it has its checkpoint. */
const DUE = `
  SELECT organization_id, sequence, encode(hash, 'hex') AS hash
  FROM (SELECT * FROM audit_seals WHERE organization_id = $1 ORDER BY sequence DESC LIMIT 1) s
  WHERE NOT EXISTS (
    SELECT FROM audit_checkpoints c WHERE c.organization_id = $1 AND c.sequence = s.sequence)`;

const KEEP = `
  INSERT INTO audit_checkpoints (organization_id, sequence, token) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`;

interface Due {
  organization_id: string;
  sequence: string;
  hash: string;
}

/** A place in an organization's chain, as a checkpoint names it. */
export interface Place {
  organization_id: string;
  sequence: number;
  hash: Buffer;
}

/** Signed statements of how far a chain had come, and with what hash. */
@Injectable()
export class CheckpointsService {
  private readonly logger = new Logger(CheckpointsService.name);
  private hasTold = false;

  constructor(
    private readonly database: TenantDatabase,
    private readonly signingKeys: SigningKeysService,
  ) {}

  /** Of every chain that has none at its end. @returns as make does */
  async makeAll(): Promise<boolean> {
    for (let after = '00000000-0000-0000-0000-000000000000'; ;) {
      const rows = await this.database.acrossTenants((manager) =>
        manager.query<{ id: string }[]>(ORGANIZATIONS, [after, PAGE]),
      );
      const last = rows.at(-1);
      if (last === undefined) return true;
      if (!(await this.make(rows.map(({ id }) => id)))) return false;
      after = last.id;
    }
  }

  /** At the ends of these organizations' chains. @returns false when nothing can be signed, which the log says once */
  async make(organizationIds: readonly string[]): Promise<boolean> {
    try {
      for (const id of organizationIds) await this.makeFor(id);
      this.hasTold = false;
      return true;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (!this.hasTold)
        this.logger.warn({ err: error.cause }, 'The audit trail is sealed without checkpoints');
      this.hasTold = true;
      return false;
    }
  }

  /** @returns whether the token is a checkpoint of this very place, signed by one of the keys */
  async isOf(token: string, { organization_id, sequence, hash }: Place, keys: JWK[]): Promise<boolean> {
    try {
      const expected = { typ: CHECKPOINT, algorithms: [ALGORITHM] };
      const { payload } = await jwtVerify(token, createLocalJWKSet({ keys }), expected);
      const { org, seq, hash: text } = payload;
      return org === organization_id && seq === sequence && text === hash.toString('hex');
    } catch (error) {
      if (error instanceof errors.JOSEError) return false;
      throw error;
    }
  }

  private async makeFor(organizationId: string): Promise<void> {
    const [due] = await this.database.read(
      organizationId,
      (manager) => manager.query<Due[]>(DUE, [organizationId]),
      { background: true },
    );
    if (due !== undefined) await this.keep(due);
  }

  private async keep({ organization_id, sequence, hash }: Due): Promise<void> {
    const iat = Math.floor(Date.now() / 1000);
    const claims = { org: organization_id, seq: Number(sequence), hash, iat };
    const token = await this.signingKeys.sign(CHECKPOINT, claims);
    await this.database.transaction(
      organization_id,
      (manager) => manager.query(KEEP, [organization_id, sequence, token]),
      { background: true },
    );
  }
}
