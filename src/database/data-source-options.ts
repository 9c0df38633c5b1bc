import type { PostgresDataSourceOptions } from 'typeorm/driver/postgres/PostgresDataSourceOptions.js';
import { AuditCheckpoint } from '../audit/entities/audit-checkpoint.entity.js';
import { AuditEvent } from '../audit/entities/audit-event.entity.js';
import { AuditSeal } from '../audit/entities/audit-seal.entity.js';
import { AuditUnsealed } from '../audit/entities/audit-unsealed.entity.js';
import { UserDataKey } from '../audit/entities/user-data-key.entity.js';
import { ApiKey } from '../auth/entities/api-key.entity.js';
import { AccountGroup } from '../organizations/entities/account-group.entity.js';
import { Account } from '../organizations/entities/account.entity.js';
import { Organization } from '../organizations/entities/organization.entity.js';
import { Role } from '../roles/entities/role.entity.js';
import { SigningKey } from '../signing/entities/signing-key.entity.js';
import { AccountGroupPermission } from '../users/entities/account-group-permission.entity.js';
import { AccountPermission } from '../users/entities/account-permission.entity.js';
import { User } from '../users/entities/user.entity.js';
import { IdempotencyRecord } from '../idempotency/entities/idempotency-record.entity.js';
import { RowCountChange } from '../totals/entities/row-count-change.entity.js';
import { RowCount } from '../totals/entities/row-count.entity.js';
import { DecisiveClient } from './decisive-client.js';
import { AccountGroupCycles1763942400000 } from './migrations/1763942400000-account-group-cycles.js';
import { InitialSchema1763856000000 } from './migrations/1763856000000-initial-schema.js';
import { RolesDeletedOnDisabledAccounts1764028800000 } from './migrations/1764028800000-roles-deleted-on-disabled-accounts.js';
import { SigningKeys1764201600000 } from './migrations/1764201600000-signing-keys.js';
import { KeysBeforeLists1764979200000 } from './migrations/1764979200000-keys-before-lists.js';
import { AccountGroupCirclesByInsert1765065600000 } from './migrations/1765065600000-account-group-circles-by-insert.js';
import { ApiKeyNamesHeard1765152000000 } from './migrations/1765152000000-api-key-names-heard.js';
import { OrganizationsOfAnySize1765238400000 } from './migrations/1765238400000-organizations-of-any-size.js';
import { RareAuditEvents1765324800000 } from './migrations/1765324800000-rare-audit-events.js';
import { Lists1764288000000 } from './migrations/1764288000000-lists.js';
import { ApiKeyScopes1764374400000 } from './migrations/1764374400000-api-key-scopes.js';
import { AuditTrail1764460800000 } from './migrations/1764460800000-audit-trail.js';
import { IdempotencyRecords1764547200000 } from './migrations/1764547200000-idempotency-records.js';
import { RowLevelSecurity1764633600000 } from './migrations/1764633600000-row-level-security.js';
import { SearchPendingList1764892800000 } from './migrations/1764892800000-search-pending-list.js';
import { Totals1764806400000 } from './migrations/1764806400000-totals.js';

/** Milliseconds for which a connection is kept idle: a new one has to learn all tables and statements first. */
const IDLE = 10 * 60_000;

export interface ConnectionOptions {
  /** Connections at most. */
  poolSize?: number;
  /** Milliseconds for a statement; a request is answered with 503 past it. */
  statementTimeout?: number;
  /** Behind a pooler, which refuses to set anything for a whole connection: transactions set the timeout then. */
  isPooled?: boolean;
  /** Set for each connection as a whole, in PostgreSQL's own names. */
  parameters?: Readonly<Record<string, string>>;
}

/** How everyone connects: the service, the command line, the tests and TypeORM's own command line. */
export function dataSourceOptions(
  url: string | undefined,
  { poolSize = 5, statementTimeout, isPooled = false, parameters = {} }: ConnectionOptions = {},
): PostgresDataSourceOptions {
  return {
    type: 'postgres',
    ...(url === undefined ? {} : { url }),
    applicationName: 'tenantry',
    entities: [
      Organization,
      ApiKey,
      AccountGroup,
      Account,
      Role,
      User,
      AccountPermission,
      AccountGroupPermission,
      IdempotencyRecord,
      SigningKey,
      AuditEvent,
      AuditUnsealed,
      AuditSeal,
      AuditCheckpoint,
      UserDataKey,
      RowCount,
      RowCountChange,
    ],
    migrations: [
      InitialSchema1763856000000,
      AccountGroupCycles1763942400000,
      RolesDeletedOnDisabledAccounts1764028800000,
      SigningKeys1764201600000,
      Lists1764288000000,
      ApiKeyScopes1764374400000,
      AuditTrail1764460800000,
      IdempotencyRecords1764547200000,
      RowLevelSecurity1764633600000,
      Totals1764806400000,
      SearchPendingList1764892800000,
      KeysBeforeLists1764979200000,
      AccountGroupCirclesByInsert1765065600000,
      ApiKeyNamesHeard1765152000000,
      OrganizationsOfAnySize1765238400000,
      RareAuditEvents1765324800000,
    ],
    migrationsTableName: 'migrations',
    migrationsTransactionMode: 'each',
    installExtensions: false,
    synchronize: false,
    logging: false,
    poolSize,
    connectTimeoutMS: 1000,
    extra: {
      Client: DecisiveClient,
      keepAlive: true,
      idleTimeoutMillis: IDLE,
      options: connectionParameters(parameters),
      ...(statementTimeout === undefined ? {} : { answer_within: statementTimeout + 100 }),
      ...(statementTimeout === undefined || isPooled ? {} : { statement_timeout: statementTimeout }),
    },
  };
}

/** As a connection's `options` take them. */
export function connectionParameters(parameters: Readonly<Record<string, string>>): string {
  return Object.entries(parameters)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ');
}
