import { Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';
import { Organization } from '../../organizations/entities/organization.entity.js';

/** The pair that a caller sends. Its public half is the one look-up that starts without an organization. */
@Entity('api_keys')
@ForeignKey(() => Organization, ['organization_id'], ['id'], { name: 'api_keys_organization_fkey' })
@Unique('api_keys_public_key_key', ['public_key'])
@Index('api_keys_organization_idx', ['organization_id'])
export class ApiKey {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'api_keys_pkey' })
  id!: string;

  @Column('uuid')
  organization_id!: string;

  @Column('text')
  name!: string;

  @Column('text')
  public_key!: string;

  /** SHA-256 of the secret, which itself is kept nowhere. */
  @Column('bytea')
  secret_hash!: Buffer;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  expires_at!: Date | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  revoked_at!: Date | null;

  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' })
  created_at!: Date;
}
