import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * One INSERT of several groups could make them each other's parents: foreign keys are checked at its end, and the
 * rule against circles looked at updates only. Reading such a tree would never end.
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
