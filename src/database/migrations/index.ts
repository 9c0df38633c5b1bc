import { InitialSchema1763856000000 } from './1763856000000-initial-schema.js';
import { AccountGroupCycles1763942400000 } from './1763942400000-account-group-cycles.js';
import { RolesDeletedOnDisabledAccounts1764028800000 } from './1764028800000-roles-deleted-on-disabled-accounts.js';
import { SigningKeys1764201600000 } from './1764201600000-signing-keys.js';
import { Lists1764288000000 } from './1764288000000-lists.js';
import { ApiKeyScopes1764374400000 } from './1764374400000-api-key-scopes.js';
import { AuditTrail1764460800000 } from './1764460800000-audit-trail.js';
import { IdempotencyRecords1764547200000 } from './1764547200000-idempotency-records.js';
import { RowLevelSecurity1764633600000 } from './1764633600000-row-level-security.js';
import { Totals1764806400000 } from './1764806400000-totals.js';
import { SearchPendingList1764892800000 } from './1764892800000-search-pending-list.js';
import { KeysBeforeLists1764979200000 } from './1764979200000-keys-before-lists.js';
import { AccountGroupCirclesByInsert1765065600000 } from './1765065600000-account-group-circles-by-insert.js';
import { ApiKeyNamesHeard1765152000000 } from './1765152000000-api-key-names-heard.js';
import { OrganizationsOfAnySize1765238400000 } from './1765238400000-organizations-of-any-size.js';
import { RareAuditEvents1765324800000 } from './1765324800000-rare-audit-events.js';
import { AuditActionIndexPredicate1765411200000 } from './1765411200000-audit-action-index-predicate.js';

/** All migrations, in the order in which they are applied. */
export const MIGRATIONS = [
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
  AuditActionIndexPredicate1765411200000,
];
