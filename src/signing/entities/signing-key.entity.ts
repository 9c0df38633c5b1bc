import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** The public half of a key, in the form of RFC 7517. */
export interface PublicJwk {
  kty: string;
  crv: string;
  x: string;
  y: string;
  kid: string;
  alg: string;
  use: string;
}

/** A key that the service signs with, or once did; one for all organizations. */
@Entity('signing_keys')
@Index('signing_keys_current_key', { synchronize: false }) // one key at most is not retired, in the migration
@Check('signing_keys_public_check', "NOT public_jwk ? 'd'")
@Check('signing_keys_retired_check', '(retired_at IS NULL) = (published_until IS NULL)')
export class SigningKey {
  /** Thumbprint of the public half (RFC 7638). */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'signing_keys_pkey' })
  kid!: string;

  @Column('jsonb')
  public_jwk!: PublicJwk;

  /** The private half, encrypted: sealed-key.ts. */
  @Column('bytea')
  private_key!: Buffer;

  /** Of the insert, not of the transaction: rotations wait for each other, and come in this order. */
  @Column({ type: 'timestamptz', precision: 3, default: () => 'clock_timestamp()' })
  created_at!: Date;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  retired_at!: Date | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  published_until!: Date | null;
}
