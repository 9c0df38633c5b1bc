import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Signing keys of the service: at most one is current; retired ones are kept for verification. */
export class SigningKeys1764201600000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE signing_keys (
        kid text CONSTRAINT signing_keys_pkey PRIMARY KEY,
        public_jwk jsonb NOT NULL CONSTRAINT signing_keys_public_check CHECK (NOT public_jwk ? 'd'),
        private_key bytea NOT NULL,
        created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
        retired_at timestamptz(3),
        published_until timestamptz(3),
        CONSTRAINT signing_keys_retired_check CHECK ((retired_at IS NULL) = (published_until IS NULL))
      );
      CREATE UNIQUE INDEX signing_keys_current_key ON signing_keys ((retired_at IS NULL)) WHERE retired_at IS NULL;
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE signing_keys');
  }
}
