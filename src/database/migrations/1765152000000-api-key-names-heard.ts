import type { MigrationInterface, QueryRunner } from 'typeorm';

const OF_WHAT_IT_MAY_DO =
  'public_key, organization_id, secret_hash, previous_secret_hash, previous_secret_until, scopes, allowed_ips, ' +
  'expires_at, revoked_at';

/** The audit trail says who it was by the name of that moment: replicas have to hear of a new one, too. */
export class ApiKeyNamesHeard1765152000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(notifyOnChangeOf(`${OF_WHAT_IT_MAY_DO}, name`));
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(notifyOnChangeOf(OF_WHAT_IT_MAY_DO));
  }
}

function notifyOnChangeOf(columns: string): string {
  return `
    CREATE OR REPLACE TRIGGER api_keys_notify_change AFTER DELETE OR UPDATE OF ${columns} ON api_keys
      FOR EACH ROW EXECUTE FUNCTION api_keys_notify_change()`;
}
