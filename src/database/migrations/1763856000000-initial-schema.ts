import type { MigrationInterface, QueryRunner } from 'typeorm';

export class InitialSchema1763856000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(TABLES);
    await queryRunner.query(RULES);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP TABLE account_group_permissions, account_permissions, users, roles, accounts, account_groups, api_keys, organizations;
      DROP FUNCTION users_require_permission, account_permissions_refuse_disabled_account, roles_refuse_change;
    `);
  }
}

/** Every key begins with organization_id: no row can reference another tenant's, and the tables can be sharded by it. */
const TABLES = `
  CREATE TABLE organizations (
    id uuid CONSTRAINT organizations_pkey PRIMARY KEY,
    name text NOT NULL CONSTRAINT organizations_name_check CHECK (char_length(name) BETWEEN 1 AND 255),
    created_at timestamptz(3) NOT NULL DEFAULT now(),
    updated_at timestamptz(3) NOT NULL DEFAULT now()
  );

  CREATE TABLE api_keys (
    id uuid CONSTRAINT api_keys_pkey PRIMARY KEY,
    organization_id uuid NOT NULL CONSTRAINT api_keys_organization_fkey REFERENCES organizations (id),
    name text NOT NULL,
    public_key text NOT NULL CONSTRAINT api_keys_public_key_key UNIQUE,
    secret_hash bytea NOT NULL,
    expires_at timestamptz(3),
    revoked_at timestamptz(3),
    created_at timestamptz(3) NOT NULL DEFAULT now()
  );
  CREATE INDEX api_keys_organization_idx ON api_keys (organization_id);

  CREATE TABLE account_groups (
    organization_id uuid NOT NULL CONSTRAINT account_groups_organization_fkey REFERENCES organizations (id),
    id uuid NOT NULL,
    name text NOT NULL CONSTRAINT account_groups_name_check CHECK (char_length(name) BETWEEN 1 AND 255),
    merchant_id text NOT NULL CONSTRAINT account_groups_merchant_id_check CHECK (char_length(merchant_id) BETWEEN 1 AND 255),
    parent_code uuid CONSTRAINT account_groups_cycle_check CHECK (parent_code <> id),
    created_at timestamptz(3) NOT NULL DEFAULT now(),
    updated_at timestamptz(3) NOT NULL DEFAULT now(),
    CONSTRAINT account_groups_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT account_groups_parent_fkey FOREIGN KEY (organization_id, parent_code) REFERENCES account_groups (organization_id, id)
  );
  CREATE INDEX account_groups_parent_idx ON account_groups (organization_id, parent_code);
  CREATE INDEX account_groups_merchant_idx ON account_groups (organization_id, merchant_id);

  CREATE TABLE accounts (
    organization_id uuid NOT NULL CONSTRAINT accounts_organization_fkey REFERENCES organizations (id),
    id uuid NOT NULL,
    name text NOT NULL CONSTRAINT accounts_name_check CHECK (char_length(name) BETWEEN 1 AND 255),
    account_group_id uuid,
    status text NOT NULL DEFAULT 'active' CONSTRAINT accounts_status_check CHECK (status IN ('active', 'disabled')),
    created_at timestamptz(3) NOT NULL DEFAULT now(),
    updated_at timestamptz(3) NOT NULL DEFAULT now(),
    CONSTRAINT accounts_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT accounts_status_key UNIQUE (organization_id, id, status),
    CONSTRAINT accounts_account_group_fkey FOREIGN KEY (organization_id, account_group_id) REFERENCES account_groups (organization_id, id)
  );
  CREATE INDEX accounts_account_group_idx ON accounts (organization_id, account_group_id);

  CREATE TABLE roles (
    organization_id uuid NOT NULL CONSTRAINT roles_organization_fkey REFERENCES organizations (id),
    id text NOT NULL CONSTRAINT roles_id_check CHECK (id ~ '^rol_[0-9A-Za-z]{12}$'),
    name text NOT NULL CONSTRAINT roles_name_check CHECK (char_length(name) BETWEEN 1 AND 255),
    description text CONSTRAINT roles_description_check CHECK (char_length(description) <= 1024),
    admin boolean NOT NULL DEFAULT false,
    staff boolean NOT NULL DEFAULT false,
    assignable boolean NOT NULL DEFAULT true CONSTRAINT roles_assignable_check CHECK (assignable = (NOT admin AND NOT staff)),
    is_default boolean NOT NULL DEFAULT false,
    role_type text NOT NULL DEFAULT 'account' CONSTRAINT roles_role_type_check CHECK (role_type IN ('account', 'organization')),
    permission_ids text[] NOT NULL DEFAULT '{}',
    testing_permission_ids text[] NOT NULL DEFAULT '{}',
    created_at timestamptz(3) NOT NULL DEFAULT now(),
    updated_at timestamptz(3) NOT NULL DEFAULT now(),
    CONSTRAINT roles_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT roles_assignable_key UNIQUE (organization_id, id, assignable)
  );
  CREATE UNIQUE INDEX roles_name_key ON roles (organization_id, lower(name));

  CREATE TABLE users (
    organization_id uuid NOT NULL CONSTRAINT users_organization_fkey REFERENCES organizations (id),
    id uuid NOT NULL,
    email text NOT NULL CONSTRAINT users_email_check CHECK (char_length(email) BETWEEN 3 AND 254),
    first_name text NOT NULL CONSTRAINT users_first_name_check CHECK (char_length(first_name) BETWEEN 1 AND 255),
    last_name text NOT NULL CONSTRAINT users_last_name_check CHECK (char_length(last_name) BETWEEN 1 AND 255),
    created_at timestamptz(3) NOT NULL DEFAULT now(),
    updated_at timestamptz(3) NOT NULL DEFAULT now(),
    CONSTRAINT users_pkey PRIMARY KEY (organization_id, id)
  );
  CREATE UNIQUE INDEX users_email_key ON users (organization_id, lower(email));

  CREATE TABLE account_permissions (
    organization_id uuid NOT NULL,
    user_id uuid NOT NULL,
    account_id uuid NOT NULL,
    role_id text NOT NULL,
    role_assignable boolean NOT NULL DEFAULT true CONSTRAINT account_permissions_role_check CHECK (role_assignable),
    account_status text NOT NULL DEFAULT 'active',
    CONSTRAINT account_permissions_pkey PRIMARY KEY (organization_id, user_id, account_id),
    CONSTRAINT account_permissions_user_fkey FOREIGN KEY (organization_id, user_id)
      REFERENCES users (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT account_permissions_account_fkey FOREIGN KEY (organization_id, account_id, account_status)
      REFERENCES accounts (organization_id, id, status),
    CONSTRAINT account_permissions_role_fkey FOREIGN KEY (organization_id, role_id, role_assignable)
      REFERENCES roles (organization_id, id, assignable)
  );
  CREATE INDEX account_permissions_account_idx ON account_permissions (organization_id, account_id);
  CREATE INDEX account_permissions_role_idx ON account_permissions (organization_id, role_id);

  CREATE TABLE account_group_permissions (
    organization_id uuid NOT NULL,
    user_id uuid NOT NULL,
    account_group_id uuid NOT NULL,
    role_id text NOT NULL,
    role_assignable boolean NOT NULL DEFAULT true CONSTRAINT account_group_permissions_role_check CHECK (role_assignable),
    CONSTRAINT account_group_permissions_pkey PRIMARY KEY (organization_id, user_id, account_group_id),
    CONSTRAINT account_group_permissions_user_fkey FOREIGN KEY (organization_id, user_id)
      REFERENCES users (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT account_group_permissions_account_group_fkey FOREIGN KEY (organization_id, account_group_id)
      REFERENCES account_groups (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT account_group_permissions_role_fkey FOREIGN KEY (organization_id, role_id, role_assignable)
      REFERENCES roles (organization_id, id, assignable)
  );
  CREATE INDEX account_group_permissions_account_group_idx ON account_group_permissions (organization_id, account_group_id);
  CREATE INDEX account_group_permissions_role_idx ON account_group_permissions (organization_id, role_id);
`;

/** Rules that no constraint can express. Each trigger raises a check_violation with a constraint name of its own. */
const RULES = `
  CREATE FUNCTION users_require_permission() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF NOT EXISTS (SELECT FROM account_permissions p WHERE p.organization_id = NEW.organization_id AND p.user_id = NEW.id)
      AND NOT EXISTS (SELECT FROM account_group_permissions p WHERE p.organization_id = NEW.organization_id AND p.user_id = NEW.id)
    THEN
      RAISE EXCEPTION 'a user is created with at least one permission'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'users_permission_check';
    END IF;
    RETURN NULL;
  END $$;
  CREATE CONSTRAINT TRIGGER users_permission_check AFTER INSERT ON users
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION users_require_permission();

  CREATE FUNCTION account_permissions_refuse_disabled_account() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    RAISE EXCEPTION 'no permission can be given on a disabled account'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'account_permissions_active_check';
  END $$;
  CREATE TRIGGER account_permissions_active_insert BEFORE INSERT ON account_permissions
    FOR EACH ROW WHEN (NEW.account_status <> 'active')
    EXECUTE FUNCTION account_permissions_refuse_disabled_account();
  CREATE TRIGGER account_permissions_active_update BEFORE UPDATE ON account_permissions
    FOR EACH ROW WHEN (NEW.account_status <> 'active'
      AND (OLD.user_id, OLD.account_id, OLD.role_id) IS DISTINCT FROM (NEW.user_id, NEW.account_id, NEW.role_id))
    EXECUTE FUNCTION account_permissions_refuse_disabled_account();

  CREATE FUNCTION roles_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    RAISE EXCEPTION 'a default role cannot be changed or deleted, and no role changes its type'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'roles_immutable_check';
  END $$;
  CREATE TRIGGER roles_immutable_update BEFORE UPDATE ON roles
    FOR EACH ROW WHEN (OLD.is_default OR NEW.is_default OR NEW.role_type <> OLD.role_type)
    EXECUTE FUNCTION roles_refuse_change();
  CREATE TRIGGER roles_immutable_delete BEFORE DELETE ON roles
    FOR EACH ROW WHEN (OLD.is_default)
    EXECUTE FUNCTION roles_refuse_change();
`;
