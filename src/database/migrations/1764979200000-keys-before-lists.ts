import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Where two indexes look equally good, PostgreSQL takes the younger one (get_relation_info, in plancat.c). On a table
 * that was small when a connection made its plan, an index of a list, which has the id at its end, looks as good as
 * the primary key. To find one row by it is to read the organization's whole part of it, for as long as the
 * connection keeps its plan: sealing events and checking foreign keys took longer with each user. So the keys are
 * made anew, with the foreign keys that rest on them.
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

  /** The schema is the same before and after. */
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
