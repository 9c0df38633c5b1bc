import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { KeyPair } from '../../src/common/auth/key-pair.js';
import { importBuilt } from '../server/import-built.ts';

const USERS_PER_ORGANIZATION = 3;

/** An organization with an API key. */
export interface SeededOrganization {
  id: string;
  keys: KeyPair;
}

/**
 * Creates many organizations with one account, one account group and a few users each.
 * @param modelId organization whose roles are copied, with their ids
 * @returns the organizations with API keys, as many as `counts.withKeys`
 */
export async function seedOrganizations(
  client: pg.Client,
  modelId: string,
  counts: { organizations: number; withKeys: number },
): Promise<SeededOrganization[]> {
  const ids = Array.from({ length: counts.organizations }, () => randomUUID());
  for (const statement of [ORGANIZATIONS, GROUPS, ACCOUNTS]) await client.query(statement, [ids]);
  await client.query(ROLES, [ids, modelId]);
  await client.query('BEGIN');
  await client.query(USERS, [ids, USERS_PER_ORGANIZATION]);
  for (const statement of [ACCOUNT_PERMISSIONS, GROUP_PERMISSIONS]) await client.query(statement, [ids]);
  await client.query('COMMIT');
  return insertKeys(client, ids.slice(0, counts.withKeys));
}

async function insertKeys(client: pg.Client, ids: readonly string[]): Promise<SeededOrganization[]> {
  const { createKeyPair, hashOfSecret } = await importBuilt('common/auth/key-pair.js');
  const seeded = ids.map((id) => ({ id, keys: createKeyPair() }));
  for (const { id, keys } of seeded) {
    await client.query(
      `INSERT INTO api_keys (organization_id, id, name, public_key, secret_hash)
       VALUES ($1, gen_random_uuid(), 'First key', $2, $3)`,
      [id, keys.public_api_key, hashOfSecret(keys.private_secret_key)],
    );
  }
  return seeded;
}

const ORGANIZATIONS = `
  INSERT INTO organizations (id, name) SELECT id, 'Organization ' || n FROM unnest($1::uuid[]) WITH ORDINALITY AS o (id, n)`;

const GROUPS = `
  INSERT INTO account_groups (organization_id, id, name, merchant_id)
  SELECT id, gen_random_uuid(), 'Group', 'merchant' FROM unnest($1::uuid[]) AS o (id)`;

const ACCOUNTS = `
  INSERT INTO accounts (organization_id, id, name, account_group_id)
  SELECT organization_id, gen_random_uuid(), 'Account', id FROM account_groups WHERE organization_id = ANY ($1)`;

/** Copies all columns except the organization's id. */
const ROLES = `
  INSERT INTO roles SELECT (jsonb_populate_record(r, jsonb_build_object('organization_id', o.id))).*
  FROM roles r, unnest($1::uuid[]) AS o (id) WHERE r.organization_id = $2`;

const USERS = `
  INSERT INTO users (organization_id, id, email, first_name, last_name)
  SELECT id, gen_random_uuid(), 'user.' || n || '@example.com', 'First', 'Last' || n
  FROM unnest($1::uuid[]) AS o (id), generate_series(1, $2::int) n`;

const ACCOUNT_PERMISSIONS = `
  INSERT INTO account_permissions (organization_id, user_id, account_id, role_id)
  SELECT u.organization_id, u.id, a.id, r.id FROM users u
  JOIN accounts a USING (organization_id) JOIN roles r USING (organization_id)
  WHERE u.organization_id = ANY ($1) AND r.name = 'Agent'`;

const GROUP_PERMISSIONS = `
  INSERT INTO account_group_permissions (organization_id, user_id, account_group_id, role_id)
  SELECT u.organization_id, u.id, g.id, r.id FROM users u
  JOIN account_groups g USING (organization_id) JOIN roles r USING (organization_id)
  WHERE u.organization_id = ANY ($1) AND r.name = 'Developer'`;
