import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Tables that have several indexes by organization, and many rows. Where PostgreSQL believes that an organization has
 * one row, all of them look equally good for finding it; and it believes so where most organizations have one. So it is
 * told to expect what it expects of a column that it knows nothing of: a 200th of the table, however many there are.
 * The next ANALYZE heeds it.
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
