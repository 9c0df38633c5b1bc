/**
 * How the tables are spread over the nodes of a Citus cluster: an organization, with everything that belongs to it,
 * is on one shard of one node, so that its transactions, joins, foreign keys and row locks stay on that node.
 * docs/operations/scale.md says what of this was tried and what was not.
 */

/** In the order of foreign keys: a table comes after those that it refers to. */
export const DISTRIBUTED: readonly { table: string; by: string }[] = [
  { table: 'organizations', by: 'id' }, // the others are put where its row is
  { table: 'account_groups', by: 'organization_id' },
  { table: 'accounts', by: 'organization_id' },
  { table: 'roles', by: 'organization_id' },
  { table: 'users', by: 'organization_id' },
  { table: 'account_permissions', by: 'organization_id' },
  { table: 'account_group_permissions', by: 'organization_id' },
  { table: 'idempotency_records', by: 'organization_id' },
  { table: 'audit_events', by: 'organization_id' },
  { table: 'audit_unsealed', by: 'organization_id' },
  { table: 'audit_seals', by: 'organization_id' },
  { table: 'audit_checkpoints', by: 'organization_id' },
  { table: 'user_data_keys', by: 'organization_id' },
  { table: 'row_counts', by: 'organization_id' },
  { table: 'row_count_changes', by: 'organization_id' },
];

/**
 * Stay ordinary tables of the coordinator, which is where the service connects to. Copies of them on every node
 * ("reference tables") would be of no use: no statement joins them with a tenant's tables, and each write would
 * become a two-phase commit on all nodes.
 */
export const ON_COORDINATOR: Readonly<Record<string, string>> = {
  api_keys:
    'looked up by a public key, before the organization is known; its trigger notifies the sessions of its own node',
  signing_keys: "the service's own; a rotation locks the table",
  migrations: "TypeORM's own",
};

/** From the coordinator to a shard: Citus has no such foreign keys. Organizations are never deleted. */
export const FOREIGN_KEYS_GIVEN_UP = [{ table: 'api_keys', name: 'api_keys_organization_fkey' }];

/**
 * Deferred to the commit, which on a shard comes too late: of a transaction on one node Citus reports a commit that
 * the node refused as done, with a warning. A user without permissions is better than one that was acknowledged
 * and is not there; users may lose their last permission anyway.
 */
export const TRIGGERS_GIVEN_UP = ['users_permission_check'];

export interface Trigger {
  table: string;
  name: string;
  /** CREATE TRIGGER, as PostgreSQL tells it. */
  definition: string;
}

/** Whatever the database has that the statements depend on. */
export interface Found {
  /** As an identifier in SQL. */
  database: string;
  tables: readonly string[];
  alreadyDistributed: readonly string[];
  triggers: readonly Trigger[];
}

export interface Distribution {
  /** Of the database on every node, for sessions that begin later. */
  settings: readonly string[];
  /** In one transaction: all or nothing. */
  transaction: readonly string[];
}

/** @throws when the database has a table of which nobody has decided where it belongs */
export function distributionOf({ database, tables, alreadyDistributed, triggers }: Found): Distribution {
  const undecided = tables.filter((name) => !isDecided(name));
  if (undecided.length > 0)
    throw new Error(`Nobody has decided where these tables belong: ${undecided.join(', ')}.`);
  const todo = DISTRIBUTED.filter(({ table }) => !alreadyDistributed.includes(table));
  if (todo.length === 0) return { settings: [], transaction: [] };
  const names = todo.map(({ table }) => table);
  const theirs = triggers.filter(({ table }) => names.includes(table));
  return {
    settings: [
      // names the organization to the nodes too, which row-level security asks for
      onEveryNode(`ALTER DATABASE ${database} SET citus.propagate_set_commands = 'local'`),
      // unsafe are triggers that leave their shard; ours read rows of the same organization
      onEveryNode(`ALTER DATABASE ${database} SET citus.enable_unsafe_triggers = on`),
    ],
    transaction: [
      `SET LOCAL citus.multi_shard_modify_mode = 'sequential'`, // for several tables in one transaction
      'SET LOCAL citus.enable_unsafe_triggers = on',
      `LOCK TABLE ${names.join(', ')} IN ACCESS EXCLUSIVE MODE`,
      ...FOREIGN_KEYS_GIVEN_UP.map(
        ({ table, name }) => `ALTER TABLE ${table} DROP CONSTRAINT IF EXISTS ${name}`,
      ),
      // no trigger looks at rows on their way: what it reads may not have arrived yet
      ...theirs.map(({ table, name }) => `DROP TRIGGER ${name} ON ${table}`),
      // rows are sent by COPY, which PostgreSQL refuses to whom row-level security binds
      ...names.map((table) => `ALTER TABLE ${table} NO FORCE ROW LEVEL SECURITY`),
      ...todo.map(({ table, by }) => distribute(table, by)),
      // create_distributed_table leaves the rows where they were, unseen; among them people's names
      ...names.toReversed().map((table) => `SELECT truncate_local_data_after_distributing_table('${table}')`),
      ...names.map((table) => `ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`),
      ...theirs.filter(({ name }) => !TRIGGERS_GIVEN_UP.includes(name)).map(({ definition }) => definition),
    ],
  };
}

function isDecided(name: string): boolean {
  return name in ON_COORDINATOR || DISTRIBUTED.some(({ table }) => table === name);
}

function distribute(table: string, column: string): string {
  const [first] = DISTRIBUTED;
  const beside = table === first?.table ? 'none' : first?.table;
  return `SELECT create_distributed_table('${table}', '${column}', colocate_with => '${String(beside)}')`;
}

function onEveryNode(command: string): string {
  return `SELECT * FROM run_command_on_all_nodes($$${command}$$)`;
}
