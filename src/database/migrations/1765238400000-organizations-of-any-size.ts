import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Tables with many rows and several indexes by organization. When most organizations have one row, PostgreSQL estimates
 * one row for every organization, and then all of these indexes cost the same. With n_distinct = 200, its default for an
 * unknown column, it estimates a 200th of the table instead. The setting takes effect at the next ANALYZE.
 */
const TABLES = [
  'account_groups',
  'accounts',
  'users',
  'account_permissions',
  'account_group_permissions',
  'audit_events',
  'audit_seals',
];

export class OrganizationsOfAnySize1765238400000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    for (const table of TABLES)
      await queryRunner.query(`ALTER TABLE ${table} ALTER COLUMN organization_id SET (n_distinct = 200)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of TABLES)
      await queryRunner.query(`ALTER TABLE ${table} ALTER COLUMN organization_id RESET (n_distinct)`);
  }
}
