import { ChainExportService } from '../../src/audit/chain-export.service.js';
import { CheckpointsService } from '../../src/audit/checkpoints.service.js';
import { SealingService } from '../../src/audit/sealing.service.js';
import { VerificationService, type Verification } from '../../src/audit/verification.service.js';
import type { TestApp } from './app.js';
import type { TestOrganization } from './factories/organization.js';
import { GROUPS } from './paths.js';

/** The events of createOrganization(): the organization, its group and its account. */
export const SETUP_EVENTS = 3;

export interface Seal {
  sequence: string;
  event_id: string;
  hash: Buffer;
}

/** The hash chain over the audit events of one organization. */
export class AuditChain {
  constructor(
    private readonly service: TestApp,
    private readonly organization: TestOrganization,
  ) {}

  /** Seals the events of all organizations. @returns how many were sealed */
  readonly seal = (by = this.service): Promise<number> => by.app.get(SealingService).seal();

  readonly checkpoint = (): Promise<boolean> =>
    this.service.app.get(CheckpointsService).make([this.organization.id]);

  readonly verify = (): Promise<Verification> =>
    this.service.app.get(VerificationService).organization(this.organization.id);

  readonly seals = (): Promise<Seal[]> =>
    this.service.dataSource.query(
      'SELECT sequence, event_id, hash FROM audit_seals WHERE organization_id = $1 ORDER BY sequence',
      [this.organization.id],
    );

  /** Adds an event. */
  readonly renameGroup = (name: string): Promise<unknown> =>
    this.organization.client.patch(`${GROUPS}/${this.organization.group.id}`, { name });

  /** Seals seven events, with a checkpoint after the sixth. */
  readonly sealSeven = async (): Promise<Seal[]> => {
    for (const name of ['One', 'Two', 'Three']) await this.renameGroup(name);
    await this.seal();
    await this.checkpoint();
    await this.renameGroup('Four');
    await this.seal();
    return this.seals();
  };

  /** Runs a statement with triggers off, as the owner of the database can. */
  readonly tamper = async (statement: string, ...parameters: unknown[]): Promise<void> => {
    await this.service.dataSource.transaction(async (manager) => {
      await manager.query("SET LOCAL session_replication_role = 'replica'");
      await manager.query(statement, parameters);
    });
  };

  /** @returns the lines that `audit export` prints */
  readonly exportLines = async (): Promise<string[]> => {
    const lines: string[] = [];
    for await (const line of this.service.app.get(ChainExportService).linesOf(this.organization.id))
      lines.push(line.trimEnd());
    return lines;
  };
}
