import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import type { StoredFieldChanges } from '../personal-data.js';

/** Append-only: a trigger rejects updates and deletes. */
@Entity('audit_events')
@ForeignKey('organizations', ['organization_id'], ['id'], { name: 'audit_events_organization_fkey' })
@Index('audit_events_occurred_at_idx', ['organization_id', 'occurred_at', 'id'])
@Index('audit_events_action_idx', ['organization_id', 'action', 'occurred_at'], { where: "action <> ''" })
@Index('audit_events_actor_idx', ['organization_id', 'actor_id', 'action', 'occurred_at'], {
  where: 'action IS NOT NULL',
})
@Index('audit_events_target_idx', ['organization_id', 'target_id', 'occurred_at', 'id'])
@Check('audit_events_actor_type_check', "actor_type IN ('api_key', 'command_line')")
export class AuditEvent {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'audit_events_pkey' })
  organization_id!: string;

  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'audit_events_pkey' })
  id!: string;

  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' })
  occurred_at!: Date;

  @Column('text')
  actor_type!: 'api_key' | 'command_line';

  @Column({ type: 'uuid', nullable: true })
  actor_id!: string | null;

  @Column('text')
  actor_name!: string;

  @Column('text')
  action!: string;

  @Column('text')
  target_type!: string;

  @Column('text')
  target_id!: string;

  /** Personal data is encrypted: personal-data.ts. */
  @Column('jsonb')
  changes!: StoredFieldChanges;

  @Column({ type: 'jsonb', nullable: true })
  details!: object | null;

  @Column({ type: 'text', nullable: true })
  request_id!: string | null;

  @Column({ type: 'text', nullable: true })
  address!: string | null;

  @Column({ type: 'text', nullable: true })
  user_agent!: string | null;
}
