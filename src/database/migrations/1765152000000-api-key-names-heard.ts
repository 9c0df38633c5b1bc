import type { MigrationInterface, QueryRunner } from 'typeorm';

const AUTHORIZATION_COLUMNS =
  'public_key, organization_id, secret_hash, previous_secret_hash, previous_secret_until, scopes, allowed_ips, ' +
  'expires_at, revoked_at';

/** Notifies the processes of the service of a new name too, because the audit trail records the name of the key. */
export class ApiKeyNamesHeard1765152000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(notifyTrigger(`${AUTHORIZATION_COLUMNS}, name`));
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(notifyTrigger(AUTHORIZATION_COLUMNS));
  }
}

function notifyTrigger(columns: string): string {
  return `
    CREATE OR REPLACE TRIGGER api_keys_notify_change AFTER DELETE OR UPDATE OF ${columns} ON api_keys
      FOR EACH ROW EXECUTE FUNCTION api_keys_notify_change()`;
}
