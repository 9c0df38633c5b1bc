/**
 * How the tables are distributed over the nodes of a Citus cluster: all rows of an organization are in shards of one
 * node, so that its transactions, joins, foreign keys and row locks stay on that node.
 */

/** Distributed tables and their distribution columns, in the order of foreign keys: referenced tables come first. */
export const DISTRIBUTED_TABLES: readonly { table: string; column: string }[] = [
  { table: 'organizations', column: 'id' }, // all other tables are colocated with this one
  { table: 'account_groups', column: 'organization_id' },
  { table: 'accounts', column: 'organization_id' },
  { table: 'roles', column: 'organization_id' },
  { table: 'users', column: 'organization_id' },
  { table: 'account_permissions', column: 'organization_id' },
  { table: 'account_group_permissions', column: 'organization_id' },
  { table: 'idempotency_records', column: 'organization_id' },
  { table: 'audit_events', column: 'organization_id' },
  { table: 'audit_unsealed', column: 'organization_id' },
  { table: 'audit_seals', column: 'organization_id' },
  { table: 'audit_checkpoints', column: 'organization_id' },
  { table: 'user_data_keys', column: 'organization_id' },
  { table: 'row_counts', column: 'organization_id' },
  { table: 'row_count_changes', column: 'organization_id' },
];

/**
 * Tables that stay on the coordinator, with the reason. They are not Citus reference tables, because no statement joins
 * them with a distributed table, and each write to a reference table is a two-phase commit on all nodes.
 */
export const COORDINATOR_TABLES: Readonly<Record<string, string>> = {
  api_keys:
    'read by public key before the organization is known; its trigger notifies the sessions of its own node',
  signing_keys: 'belongs to the service; a rotation locks the table',
  migrations: 'belongs to TypeORM',
};

/** Citus has no foreign keys from a coordinator table to a distributed one. Organizations are never deleted. */
export const DROPPED_FOREIGN_KEYS = [{ table: 'api_keys', name: 'api_keys_organization_fkey' }];

/**
 * Triggers that are deferred to the commit. When a node refuses the commit of a single-node transaction, Citus reports
 * success with a warning, and the client would be told of a user that does not exist. A user without permissions is the
 * smaller fault: users may lose their last permission in other ways.
 */
export const DROPPED_TRIGGERS = ['users_permission_check'];

/** A node reports a constraint with the number of its shard, and the coordinator reports the name in the message only. */
export const SHARD_NUMBER = /_\d{6,}$/;
export const CONSTRAINT_IN_MESSAGE = /\bconstraint "(\w+)"/;

export interface Trigger {
  table: string;
  name: string;
  /** The CREATE TRIGGER statement. */
  definition: string;
}

/** The state of a database that its distribution depends on. */
export interface DatabaseState {
  /** Quoted SQL identifier. */
  database: string;
  tables: readonly string[];
  distributedTables: readonly string[];
  triggers: readonly Trigger[];
}

/** SQL statements that distribute the tables. */
export interface DistributionPlan {
  /** Settings of the database on every node, which apply to later sessions. */
  settings: readonly string[];
  /** Statements of one transaction. */
  transaction: readonly string[];
}

/** @throws Error when a table is neither distributed nor a coordinator table */
export function planDistribution(state: DatabaseState): DistributionPlan {
  const known = [...DISTRIBUTED_TABLES.map(({ table }) => table), ...Object.keys(COORDINATOR_TABLES)];
  const unknown = state.tables.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new Error(
      `These tables are neither in DISTRIBUTED_TABLES nor in COORDINATOR_TABLES: ${unknown.join(', ')}.`,
    );
  const pending = DISTRIBUTED_TABLES.filter(({ table }) => !state.distributedTables.includes(table));
  if (pending.length === 0) return { settings: [], transaction: [] };
  const names = pending.map(({ table }) => table);
  const triggers = state.triggers.filter(({ table }) => names.includes(table));
  return {
    settings: [
      // forwards SET LOCAL to the nodes, so that row-level security there sees the organization
      runOnAllNodes(`ALTER DATABASE ${state.database} SET citus.propagate_set_commands = 'local'`),
      // Citus cannot tell that the triggers access only rows of their own shard
      runOnAllNodes(`ALTER DATABASE ${state.database} SET citus.enable_unsafe_triggers = on`),
    ],
    transaction: [
      `SET LOCAL citus.multi_shard_modify_mode = 'sequential'`, // required for several tables in one transaction
      'SET LOCAL citus.enable_unsafe_triggers = on',
      `LOCK TABLE ${names.join(', ')} IN ACCESS EXCLUSIVE MODE`,
      ...DROPPED_FOREIGN_KEYS.map(
        ({ table, name }) => `ALTER TABLE ${table} DROP CONSTRAINT IF EXISTS ${name}`,
      ),
      // while rows are moved, a trigger could read tables that are still incomplete
      ...triggers.map(({ table, name }) => `DROP TRIGGER ${name} ON ${table}`),
      // Citus moves rows by COPY FROM, which PostgreSQL refuses under row-level security
      ...names.map((table) => `ALTER TABLE ${table} NO FORCE ROW LEVEL SECURITY`),
      ...pending.map(({ table, column }) => distributeTable(table, column)),
      // create_distributed_table keeps a hidden copy of the rows, with personal data, on the coordinator
      ...names.toReversed().map((table) => `SELECT truncate_local_data_after_distributing_table('${table}')`),
      ...names.map((table) => `ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`),
      ...triggers.filter(({ name }) => !DROPPED_TRIGGERS.includes(name)).map(({ definition }) => definition),
    ],
  };
}

function distributeTable(table: string, column: string): string {
  const root = DISTRIBUTED_TABLES[0]?.table;
  const colocateWith = table === root ? 'none' : String(root);
  return `SELECT create_distributed_table('${table}', '${column}', colocate_with => '${colocateWith}')`;
}

function runOnAllNodes(command: string): string {
  return `SELECT * FROM run_command_on_all_nodes($$${command}$$)`;
}
