import type { MigrationInterface, QueryRunner } from 'typeorm';

/** As in the later migration row-level-security. */
const IS_CURRENT_ORGANIZATION = `organization_id = nullif(current_setting('tenantry.organization_id', true), '')::uuid`;
/** Set by the sealing job, to find the organizations with unsealed events. */
const IS_ACROSS_TENANTS = `current_setting('tenantry.every_organization', true) = 'on'`;

/** The audit events, and the hash chain that makes changes of them detectable. */
export class AuditTrail1764460800000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(TABLES);
    await queryRunner.query(APPEND_ONLY);
    for (const table of ['audit_events', 'audit_seals', 'audit_checkpoints', 'user_data_keys'])
      await queryRunner.query(enableTenantPolicy(table, IS_CURRENT_ORGANIZATION));
    await queryRunner.query(
      enableTenantPolicy('audit_unsealed', `${IS_CURRENT_ORGANIZATION} OR ${IS_ACROSS_TENANTS}`),
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP TABLE audit_checkpoints, audit_seals, audit_unsealed, audit_events, user_data_keys;
      DROP FUNCTION audit_refuse_change;
    `);
  }
}

/**
 * The statement that inserts an event also inserts its row in audit_unsealed, and the sealing job removes it: so an event
 * is queued from the moment it becomes visible, however late its transaction commits. audit_unsealed has no foreign keys,
 * because every change would have to check them.
 */
const TABLES = `
  CREATE TABLE audit_events (
    organization_id uuid NOT NULL CONSTRAINT audit_events_organization_fkey REFERENCES organizations (id),
    id uuid NOT NULL,
    occurred_at timestamptz(3) NOT NULL DEFAULT now(),
    actor_type text NOT NULL CONSTRAINT audit_events_actor_type_check CHECK (actor_type IN ('api_key', 'command_line')),
    actor_id uuid,
    actor_name text NOT NULL,
    action text NOT NULL,
    target_type text NOT NULL,
    target_id text NOT NULL,
    changes jsonb NOT NULL,
    details jsonb,
    request_id text,
    address text,
    user_agent text,
    CONSTRAINT audit_events_pkey PRIMARY KEY (organization_id, id)
  );
  CREATE INDEX audit_events_occurred_at_idx ON audit_events (organization_id, occurred_at, id);
  CREATE INDEX audit_events_target_idx ON audit_events (organization_id, target_id, occurred_at, id);

  CREATE TABLE audit_unsealed (
    organization_id uuid NOT NULL,
    event_id uuid NOT NULL,
    CONSTRAINT audit_unsealed_pkey PRIMARY KEY (organization_id, event_id)
  );

  CREATE TABLE audit_seals (
    organization_id uuid NOT NULL,
    sequence bigint NOT NULL CONSTRAINT audit_seals_sequence_check CHECK (sequence > 0),
    event_id uuid NOT NULL,
    hash bytea NOT NULL CONSTRAINT audit_seals_hash_check CHECK (length(hash) = 32),
    CONSTRAINT audit_seals_pkey PRIMARY KEY (organization_id, sequence),
    CONSTRAINT audit_seals_event_key UNIQUE (organization_id, event_id),
    CONSTRAINT audit_seals_event_fkey FOREIGN KEY (organization_id, event_id)
      REFERENCES audit_events (organization_id, id)
  );

  CREATE TABLE audit_checkpoints (
    organization_id uuid NOT NULL,
    sequence bigint NOT NULL,
    token text NOT NULL,
    created_at timestamptz(3) NOT NULL DEFAULT now(),
    CONSTRAINT audit_checkpoints_pkey PRIMARY KEY (organization_id, sequence),
    CONSTRAINT audit_checkpoints_seal_fkey FOREIGN KEY (organization_id, sequence)
      REFERENCES audit_seals (organization_id, sequence)
  );

  CREATE TABLE user_data_keys (
    organization_id uuid NOT NULL CONSTRAINT user_data_keys_organization_fkey REFERENCES organizations (id),
    user_id uuid NOT NULL,
    data_key bytea NOT NULL CONSTRAINT user_data_keys_length_check CHECK (length(data_key) = 32),
    CONSTRAINT user_data_keys_pkey PRIMARY KEY (organization_id, user_id)
  );
`;

/** Triggers for each statement also fire for TRUNCATE, and for statements that affect no row. */
const APPEND_ONLY = `
  CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    RAISE EXCEPTION 'the audit trail is only added to: % on % is refused', TG_OP, TG_TABLE_NAME
      USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_append_only_check';
  END $$;
  CREATE TRIGGER audit_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_events
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
  CREATE TRIGGER audit_seals_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_seals
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
  CREATE TRIGGER audit_checkpoints_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_checkpoints
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
`;

function enableTenantPolicy(table: string, condition: string): string {
  return `
    ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    CREATE POLICY ${table}_tenant_policy ON ${table} USING (${condition});`;
}
