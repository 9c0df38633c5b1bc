import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A public key as a JSON Web Key (RFC 7517). */
export interface PublicJwk {
  kty: string;
  crv: string;
  x: string;
  y: string;
  kid: string;
  alg: string;
  use: string;
}

/** A current or retired signing key of the service, for all organizations. */
@Entity('signing_keys')
@Index('signing_keys_current_key', { synchronize: false }) // the migration makes it unique: at most one key is not retired
@Check('signing_keys_public_check', "NOT public_jwk ? 'd'")
@Check('signing_keys_retired_check', '(retired_at IS NULL) = (published_until IS NULL)')
export class SigningKey {
  /** Thumbprint of the public key (RFC 7638). */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'signing_keys_pkey' })
  kid!: string;

  @Column('jsonb')
  public_jwk!: PublicJwk;

  /** Encrypted: aes-gcm.ts. */
  @Column('bytea')
  private_key!: Buffer;

  /** Time of the insert, not of the transaction start: rotations wait for each other, and must be ordered. */
  @Column({ type: 'timestamptz', precision: 3, default: () => 'clock_timestamp()' })
  created_at!: Date;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  retired_at!: Date | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  published_until!: Date | null;
}
