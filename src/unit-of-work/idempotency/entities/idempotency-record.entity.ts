import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

/** The stored response to a request with an idempotency key. */
@Entity('idempotency_records')
@ForeignKey('organizations', ['organization_id'], ['id'], {
  name: 'idempotency_records_organization_fkey',
})
@Index('idempotency_records_created_at_idx', ['created_at'])
@Check('idempotency_records_key_check', "key ~ '^[!-~]{1,255}$'")
@Check('idempotency_records_fingerprint_check', 'octet_length(fingerprint) = 32')
export class IdempotencyRecord {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'idempotency_records_pkey' })
  organization_id!: string;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'idempotency_records_pkey' })
  key!: string;

  /** Of the request; SHA-256, 32 bytes. */
  @Column('bytea')
  fingerprint!: Buffer;

  /** Body of the response; null if it had none. Type json, because jsonb would not preserve its bytes. */
  @Column('json', { nullable: true })
  body!: object | null;

  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' })
  created_at!: Date;
}
