/**
 * The tables that creating a user accesses, with the service's columns, primary keys, unique e-mail address and foreign
 * keys, but without row-level security, triggers, checks, and indexes for lists and search.
 */
export const SCHEMA = `
  CREATE TABLE organizations (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    created_at timestamptz(3) NOT NULL DEFAULT now(),
    updated_at timestamptz(3) NOT NULL DEFAULT now()
  );
  CREATE TABLE account_groups (
    organization_id uuid NOT NULL REFERENCES organizations (id),
    id uuid NOT NULL,
    name text NOT NULL,
    merchant_id text NOT NULL,
    parent_code uuid,
    created_at timestamptz(3) NOT NULL DEFAULT now(),
    updated_at timestamptz(3) NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, parent_code) REFERENCES account_groups (organization_id, id)
  );
  CREATE TABLE accounts (
    organization_id uuid NOT NULL REFERENCES organizations (id),
    id uuid NOT NULL,
    name text NOT NULL,
    account_group_id uuid,
    status text NOT NULL DEFAULT 'active',
    created_at timestamptz(3) NOT NULL DEFAULT now(),
    updated_at timestamptz(3) NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, id, status),
    FOREIGN KEY (organization_id, account_group_id) REFERENCES account_groups (organization_id, id)
  );
  CREATE TABLE roles (
    organization_id uuid NOT NULL REFERENCES organizations (id),
    id text NOT NULL,
    name text NOT NULL,
    assignable boolean NOT NULL DEFAULT true,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, id, assignable)
  );
  CREATE TABLE users (
    organization_id uuid NOT NULL REFERENCES organizations (id),
    id uuid NOT NULL,
    email text NOT NULL,
    first_name text NOT NULL,
    last_name text NOT NULL,
    created_at timestamptz(3) NOT NULL DEFAULT now(),
    updated_at timestamptz(3) NOT NULL DEFAULT now(),
    email_lower text NOT NULL GENERATED ALWAYS AS (lower(email)) STORED,
    last_name_lower text NOT NULL GENERATED ALWAYS AS (lower(last_name)) STORED,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, email_lower)
  );
  CREATE TABLE account_permissions (
    organization_id uuid NOT NULL,
    user_id uuid NOT NULL,
    account_id uuid NOT NULL,
    role_id text NOT NULL,
    role_assignable boolean NOT NULL DEFAULT true,
    account_status text NOT NULL DEFAULT 'active',
    PRIMARY KEY (organization_id, user_id, account_id),
    FOREIGN KEY (organization_id, user_id) REFERENCES users (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, account_id, account_status) REFERENCES accounts (organization_id, id, status),
    FOREIGN KEY (organization_id, role_id, role_assignable) REFERENCES roles (organization_id, id, assignable)
  );
  CREATE TABLE account_group_permissions (
    organization_id uuid NOT NULL,
    user_id uuid NOT NULL,
    account_group_id uuid NOT NULL,
    role_id text NOT NULL,
    role_assignable boolean NOT NULL DEFAULT true,
    PRIMARY KEY (organization_id, user_id, account_group_id),
    FOREIGN KEY (organization_id, user_id) REFERENCES users (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, account_group_id) REFERENCES account_groups (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, role_id, role_assignable) REFERENCES roles (organization_id, id, assignable)
  );
  CREATE TABLE audit_events (
    organization_id uuid NOT NULL REFERENCES organizations (id),
    id uuid NOT NULL,
    occurred_at timestamptz(3) NOT NULL DEFAULT now(),
    actor_type text NOT NULL,
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
    PRIMARY KEY (organization_id, id)
  );`;
