import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Applies the rule against cycles to inserts too: because foreign keys are checked at the end of a statement, one INSERT
 * of several groups could make them each other's parents.
 */
export class AccountGroupCirclesByInsert1765065600000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TRIGGER account_groups_cycle_on_insert AFTER INSERT ON account_groups
        FOR EACH ROW WHEN (NEW.parent_code IS NOT NULL) EXECUTE FUNCTION account_groups_refuse_cycle();
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TRIGGER account_groups_cycle_on_insert ON account_groups');
  }
}
