import { Check, Column, Entity, ForeignKey, PrimaryColumn, Unique } from 'typeorm';
import { AuditEvent } from './audit-event.entity.js';

/** A link of an organization's hash chain: the hash covers the event and the previous hash. */
@Entity('audit_seals')
@ForeignKey(() => AuditEvent, ['organization_id', 'event_id'], ['organization_id', 'id'], {
  name: 'audit_seals_event_fkey',
})
@Unique('audit_seals_event_key', ['organization_id', 'event_id'])
@Check('audit_seals_sequence_check', 'sequence > 0')
@Check('audit_seals_hash_check', 'length(hash) = 32')
export class AuditSeal {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'audit_seals_pkey' })
  organization_id!: string;

  /** Starts at 1, without gaps. */
  @PrimaryColumn('bigint', { primaryKeyConstraintName: 'audit_seals_pkey' })
  sequence!: string;

  @Column('uuid')
  event_id!: string;

  @Column('bytea')
  hash!: Buffer;
}
