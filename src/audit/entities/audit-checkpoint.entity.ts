import { Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';
import { AuditSeal } from './audit-seal.entity.js';

/** A signed hash of the chain, so that rewriting the chain needs the signing key. */
@Entity('audit_checkpoints')
@ForeignKey(() => AuditSeal, ['organization_id', 'sequence'], ['organization_id', 'sequence'], {
  name: 'audit_checkpoints_seal_fkey',
})
export class AuditCheckpoint {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'audit_checkpoints_pkey' })
  organization_id!: string;

  @PrimaryColumn('bigint', { primaryKeyConstraintName: 'audit_checkpoints_pkey' })
  sequence!: string;

  /** A JWT in compact form. */
  @Column('text')
  token!: string;

  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' })
  created_at!: Date;
}
