import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Allows a permission on a disabled account to become Read only, as happens when its role is deleted. */
export class RolesDeletedOnDisabledAccounts1764028800000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE OR REPLACE FUNCTION account_permissions_refuse_disabled_account() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'UPDATE' AND (OLD.user_id, OLD.account_id) = (NEW.user_id, NEW.account_id) AND EXISTS (
          SELECT FROM roles r WHERE r.organization_id = NEW.organization_id AND r.id = NEW.role_id
            AND r.is_default AND r.name = 'Read only')
        THEN
          RETURN NEW;
        END IF;
        RAISE EXCEPTION 'no permission can be given on a disabled account'
          USING ERRCODE = 'check_violation', CONSTRAINT = 'account_permissions_active_check';
      END $$;
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE OR REPLACE FUNCTION account_permissions_refuse_disabled_account() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'no permission can be given on a disabled account'
          USING ERRCODE = 'check_violation', CONSTRAINT = 'account_permissions_active_check';
      END $$;
    `);
  }
}
