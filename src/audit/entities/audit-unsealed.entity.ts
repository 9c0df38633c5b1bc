import { Entity, PrimaryColumn } from 'typeorm';

/** Queue of the events that are not in the hash chain of their organization yet. */
@Entity('audit_unsealed')
export class AuditUnsealed {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'audit_unsealed_pkey' })
  organization_id!: string;

  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'audit_unsealed_pkey' })
  event_id!: string;
}
