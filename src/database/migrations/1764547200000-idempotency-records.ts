import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The response of each idempotency key, written in the transaction of its change. */
export class IdempotencyRecords1764547200000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE idempotency_records (
        organization_id uuid NOT NULL
          CONSTRAINT idempotency_records_organization_fkey REFERENCES organizations (id),
        key text NOT NULL CONSTRAINT idempotency_records_key_check CHECK (key ~ '^[!-~]{1,255}$'),
        fingerprint bytea NOT NULL CONSTRAINT idempotency_records_fingerprint_check CHECK (octet_length(fingerprint) = 32),
        body json,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        CONSTRAINT idempotency_records_pkey PRIMARY KEY (organization_id, key)
      );
      CREATE INDEX idempotency_records_created_at_idx ON idempotency_records (created_at);
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE idempotency_records');
  }
}
