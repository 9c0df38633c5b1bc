import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Prevents cycles of account groups, also by concurrent changes: the trigger locks the row of the organization, so that
 * changes of its tree are serialized.
 */
export class AccountGroupCycles1763942400000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE FUNCTION account_groups_refuse_cycle() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM FROM organizations WHERE id = NEW.organization_id FOR NO KEY UPDATE;
        IF EXISTS (
          WITH RECURSIVE above AS (
            SELECT NEW.parent_code AS id
            UNION
            SELECT g.parent_code FROM account_groups g JOIN above ON g.id = above.id
            WHERE g.organization_id = NEW.organization_id AND g.parent_code IS NOT NULL
          )
          SELECT FROM above WHERE id = NEW.id
        ) THEN
          RAISE EXCEPTION 'an account group cannot become its own descendant'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'account_groups_cycle_check';
        END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER account_groups_cycle BEFORE UPDATE ON account_groups
        FOR EACH ROW WHEN (NEW.parent_code IS NOT NULL AND NEW.parent_code IS DISTINCT FROM OLD.parent_code)
        EXECUTE FUNCTION account_groups_refuse_cycle();
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP TRIGGER account_groups_cycle ON account_groups;
      DROP FUNCTION account_groups_refuse_cycle;
    `);
  }
}
