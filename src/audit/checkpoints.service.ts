import { Injectable, Logger } from '@nestjs/common';
import { createLocalJWKSet, errors, jwtVerify, type JWK } from 'jose';
import { TenantDatabase } from '../database/tenant-database.js';
import { Problem } from '../common/errors/problem.js';
import { ALGORITHM } from '../signing/published-keys.service.js';
import { SigningKeysService } from '../signing/signing-keys.service.js';

/** The `typ` of checkpoints, which distinguishes them from other tokens that the service signs. */
export const CHECKPOINT_TYPE = 'audit-checkpoint+jwt';

const PAGE_SIZE = 1000;
const SELECT_ORGANIZATIONS = 'SELECT id FROM organizations WHERE id > $1 ORDER BY id LIMIT $2';

/** Selects the last seal of the chain, unless it has a checkpoint. */
const SELECT_DUE = `
  SELECT organization_id, sequence, encode(hash, 'hex') AS hash
  FROM (SELECT * FROM audit_seals WHERE organization_id = $1 ORDER BY sequence DESC LIMIT 1) s
  WHERE NOT EXISTS (
    SELECT FROM audit_checkpoints c WHERE c.organization_id = $1 AND c.sequence = s.sequence)`;

const INSERT_CHECKPOINT = `
  INSERT INTO audit_checkpoints (organization_id, sequence, token) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`;

interface DueCheckpoint {
  organization_id: string;
  sequence: string;
  hash: string;
}

/** A link of an organization's chain, as a checkpoint names it. */
export interface ChainPosition {
  organization_id: string;
  sequence: number;
  hash: Buffer;
}

/** Creates and verifies checkpoints: signed statements of the length of a chain and its last hash. */
@Injectable()
export class CheckpointsService {
  private readonly logger = new Logger(CheckpointsService.name);
  private hasLoggedFailure = false;

  constructor(
    private readonly database: TenantDatabase,
    private readonly signingKeys: SigningKeysService,
  ) {}

  /** Creates a checkpoint at the end of every chain without one there. @returns false when signing failed */
  async createAllDue(): Promise<boolean> {
    for (let after = '00000000-0000-0000-0000-000000000000'; ;) {
      const rows = await this.database.acrossTenants((manager) =>
        manager.query<{ id: string }[]>(SELECT_ORGANIZATIONS, [after, PAGE_SIZE]),
      );
      const last = rows.at(-1);
      if (last === undefined) return true;
      if (!(await this.make(rows.map(({ id }) => id)))) return false;
      after = last.id;
    }
  }

  /** The same for some organizations. @returns false when signing failed, which is logged once until it succeeds */
  async make(organizationIds: readonly string[]): Promise<boolean> {
    try {
      for (const id of organizationIds) await this.createIfDue(id);
      this.hasLoggedFailure = false;
      return true;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (!this.hasLoggedFailure)
        this.logger.warn({ err: error.cause }, 'The audit trail is sealed without checkpoints');
      this.hasLoggedFailure = true;
      return false;
    }
  }

  /** @returns whether the token is a checkpoint of this position, signed with one of the keys */
  async verify(
    token: string,
    { organization_id, sequence, hash }: ChainPosition,
    keys: JWK[],
  ): Promise<boolean> {
    try {
      const expected = { typ: CHECKPOINT_TYPE, algorithms: [ALGORITHM] };
      const { payload } = await jwtVerify(token, createLocalJWKSet({ keys }), expected);
      const { org, seq, hash: text } = payload;
      return org === organization_id && seq === sequence && text === hash.toString('hex');
    } catch (error) {
      if (error instanceof errors.JOSEError) return false;
      throw error;
    }
  }

  private async createIfDue(organizationId: string): Promise<void> {
    const [due] = await this.database.read(
      organizationId,
      (manager) => manager.query<DueCheckpoint[]>(SELECT_DUE, [organizationId]),
      { background: true },
    );
    if (due !== undefined) await this.create(due);
  }

  private async create({ organization_id, sequence, hash }: DueCheckpoint): Promise<void> {
    const iat = Math.floor(Date.now() / 1000);
    const claims = { org: organization_id, seq: Number(sequence), hash, iat };
    const token = await this.signingKeys.sign(CHECKPOINT_TYPE, claims);
    await this.database.transaction(
      organization_id,
      (manager) => manager.query(INSERT_CHECKPOINT, [organization_id, sequence, token]),
      { background: true },
    );
  }
}
