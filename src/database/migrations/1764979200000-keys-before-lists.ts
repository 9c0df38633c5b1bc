import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Of two indexes with equal costs PostgreSQL chooses the one that was created later (get_relation_info in plancat.c).
 * While a table is small, the index of a list, which ends with the id, costs as much as the primary key. A connection
 * that has chosen it keeps the plan, and reads all of the organization's entries to find one row. So the primary keys
 * are created again, with the foreign keys that depend on them.
 */
export class KeysBeforeLists1764979200000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    for (const { table, name } of FOREIGN_KEYS)
      await queryRunner.query(`ALTER TABLE ${table} DROP CONSTRAINT ${name}`);
    for (const table of ['users', 'account_groups', 'accounts', 'audit_events']) {
      await queryRunner.query(`
        ALTER TABLE ${table} DROP CONSTRAINT ${table}_pkey,
          ADD CONSTRAINT ${table}_pkey PRIMARY KEY (organization_id, id)`);
    }
    for (const { table, name, definition } of FOREIGN_KEYS)
      await queryRunner.query(`ALTER TABLE ${table} ADD CONSTRAINT ${name} FOREIGN KEY ${definition}`);
  }

  /** The migration changes the order of the indexes, not the schema. */
  down(): Promise<void> {
    return Promise.resolve();
  }
}

const FOREIGN_KEYS = [
  {
    table: 'account_groups',
    name: 'account_groups_parent_fkey',
    definition: '(organization_id, parent_code) REFERENCES account_groups (organization_id, id)',
  },
  {
    table: 'accounts',
    name: 'accounts_account_group_fkey',
    definition: '(organization_id, account_group_id) REFERENCES account_groups (organization_id, id)',
  },
  {
    table: 'account_permissions',
    name: 'account_permissions_user_fkey',
    definition: '(organization_id, user_id) REFERENCES users (organization_id, id) ON DELETE CASCADE',
  },
  {
    table: 'account_group_permissions',
    name: 'account_group_permissions_user_fkey',
    definition: '(organization_id, user_id) REFERENCES users (organization_id, id) ON DELETE CASCADE',
  },
  {
    table: 'account_group_permissions',
    name: 'account_group_permissions_account_group_fkey',
    definition:
      '(organization_id, account_group_id) REFERENCES account_groups (organization_id, id) ON DELETE CASCADE',
  },
  {
    table: 'audit_seals',
    name: 'audit_seals_event_fkey',
    definition: '(organization_id, event_id) REFERENCES audit_events (organization_id, id)',
  },
];
