import { Entity, PrimaryColumn } from 'typeorm';

/** An event that is not in its organization's chain yet. */
@Entity('audit_unsealed')
export class AuditUnsealed {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'audit_unsealed_pkey' })
  organization_id!: string;

  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'audit_unsealed_pkey' })
  event_id!: string;
}
