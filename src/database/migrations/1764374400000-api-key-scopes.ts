import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Scopes and allowed addresses of API keys, and the previous secret of a rotated one. By default a key has all scopes:
 * existing keys, and keys that a service of the previous version creates during the upgrade.
 */
export class ApiKeyScopes1764374400000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE api_keys
        ADD COLUMN scopes text[] NOT NULL DEFAULT '${ALL_SCOPES}',
        ADD COLUMN allowed_ips text[] NOT NULL DEFAULT '{}',
        ADD COLUMN previous_secret_hash bytea,
        ADD COLUMN previous_secret_until timestamptz(3),
        ADD COLUMN last_used_at timestamptz(3),
        ADD COLUMN updated_at timestamptz(3) NOT NULL DEFAULT now(),
        ADD CONSTRAINT api_keys_name_check CHECK (char_length(name) BETWEEN 1 AND 255),
        ADD CONSTRAINT api_keys_scopes_check CHECK (scopes <@ '${ALL_SCOPES}'),
        ADD CONSTRAINT api_keys_allowed_ips_check CHECK (cardinality(allowed_ips) <= 100),
        ADD CONSTRAINT api_keys_previous_secret_check CHECK ((previous_secret_hash IS NULL) = (previous_secret_until IS NULL));
      UPDATE api_keys SET updated_at = created_at;
      DROP INDEX api_keys_organization_idx;
      CREATE INDEX api_keys_created_at_idx ON api_keys (organization_id, created_at, id);
    `);
    await queryRunner.query(NOTIFY_ON_CHANGE);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP TRIGGER api_keys_notify_change ON api_keys;
      DROP FUNCTION api_keys_notify_change;
      DROP INDEX api_keys_created_at_idx;
      CREATE INDEX api_keys_organization_idx ON api_keys (organization_id);
      ALTER TABLE api_keys
        DROP CONSTRAINT api_keys_name_check,
        DROP COLUMN scopes, DROP COLUMN allowed_ips, DROP COLUMN previous_secret_hash,
        DROP COLUMN previous_secret_until, DROP COLUMN last_used_at, DROP COLUMN updated_at;
    `);
  }
}

const ALL_SCOPES =
  '{users:read,users:write,users:authenticate,accounts:read,accounts:write,roles:read,roles:write,' +
  'access:read,api-keys:read,api-keys:write,audit:read}';

/** Notifies all processes of the service to remove the key from their caches; last_used_at is not part of the cache. */
const NOTIFY_ON_CHANGE = `
  CREATE FUNCTION api_keys_notify_change() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM pg_notify('api_keys', OLD.public_key);
    RETURN NULL;
  END $$;
  CREATE TRIGGER api_keys_notify_change
    AFTER DELETE OR UPDATE OF public_key, organization_id, secret_hash, previous_secret_hash, previous_secret_until,
      scopes, allowed_ips, expires_at, revoked_at
    ON api_keys FOR EACH ROW EXECUTE FUNCTION api_keys_notify_change();
`;
