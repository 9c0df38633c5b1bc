import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';
import { SCOPES, type ScopeName } from '../../common/auth/scopes.js';

const ALL = `'{${SCOPES.join(',')}}'`;

/** A key pair of an organization. `public_key` is unique across organizations, because it identifies the organization. */
@Entity('api_keys')
@ForeignKey('organizations', ['organization_id'], ['id'], { name: 'api_keys_organization_fkey' })
@Unique('api_keys_public_key_key', ['public_key'])
@Index('api_keys_created_at_idx', ['organization_id', 'created_at', 'id'])
@Check('api_keys_name_check', 'char_length(name) BETWEEN 1 AND 255')
@Check('api_keys_scopes_check', `scopes <@ ${ALL}`)
@Check('api_keys_allowed_ips_check', 'cardinality(allowed_ips) <= 100')
@Check('api_keys_previous_secret_check', '(previous_secret_hash IS NULL) = (previous_secret_until IS NULL)')
export class ApiKey {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'api_keys_pkey' })
  id!: string;

  @Column('uuid')
  organization_id!: string;

  @Column('text')
  name!: string;

  @Column('text')
  public_key!: string;

  /** SHA-256 of the secret, which is not stored. */
  @Column('bytea')
  secret_hash!: Buffer;

  /** Hash of the secret before the last rotation, valid until `previous_secret_until`. */
  @Column('bytea', { nullable: true })
  previous_secret_hash!: Buffer | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  previous_secret_until!: Date | null;

  @Column('text', { array: true, default: () => ALL })
  scopes!: ScopeName[];

  /** Addresses and networks that the key can be used from; empty for any address. */
  @Column('text', { array: true, default: () => "'{}'" })
  allowed_ips!: string[];

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  expires_at!: Date | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  revoked_at!: Date | null;

  /** Accurate to a minute. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  last_used_at!: Date | null;

  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' })
  created_at!: Date;

  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' })
  updated_at!: Date;
}
