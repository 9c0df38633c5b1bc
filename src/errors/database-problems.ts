import { FIELD_CODES, type FieldCode } from '../common/errors/catalogue.js';
import { Problem, RETRY_AFTER_ONE_SECOND } from '../common/errors/problem.js';
import { isStatementTimeout, isUnavailable, violatedConstraint } from '../database/database-errors.js';

/** Problems by violated constraint. Validators find most violations before the statement; concurrent changes are found here. */
const PROBLEMS_BY_CONSTRAINT: Readonly<Record<string, () => Problem>> = {
  users_email_key: taken('email', 'USER_ALREADY_EXISTS', 'the e-mail address of another user'),
  roles_name_key: taken('name', 'ROLE_ALREADY_EXISTS', 'the name of another role'),
  roles_immutable_check: () => new Problem('DEFAULT_ROLE_IMMUTABLE'),
  users_permission_check: invalid('account_permissions', 'PERMISSION_REQUIRED'),
  account_permissions_pkey: invalid('account_permissions', 'DUPLICATE_ASSIGNMENT'),
  account_permissions_account_fkey: invalid('account_permissions', 'ACCOUNT_DISABLED'),
  account_permissions_active_check: invalid('account_permissions', 'ACCOUNT_DISABLED'),
  account_permissions_role_fkey: invalid('account_permissions', 'ROLE_NOT_FOUND'),
  account_permissions_user_fkey: () => new Problem('NOT_FOUND'),
  account_group_permissions_pkey: invalid('account_group_permissions', 'DUPLICATE_ASSIGNMENT'),
  account_group_permissions_account_group_fkey: invalid(
    'account_group_permissions',
    'ACCOUNT_GROUP_NOT_FOUND',
  ),
  account_group_permissions_role_fkey: invalid('account_group_permissions', 'ROLE_NOT_FOUND'),
  account_group_permissions_user_fkey: () => new Problem('NOT_FOUND'),
  account_groups_cycle_check: () => new Problem('GROUP_CYCLE'),
  account_groups_parent_fkey: invalid('parent_code', 'ACCOUNT_GROUP_NOT_FOUND'),
  accounts_account_group_fkey: () => new Problem('NOT_FOUND'),
};

/** Suggests smaller requests, because a retry may time out again. */
const STATEMENT_TIMEOUT_DETAIL =
  'A database statement exceeded its time limit; nothing was changed. Retry after the time in `Retry-After`. If it ' +
  'happens again, request less: a longer `search`, pages by `after`, fewer items in one request.';

/** @returns undefined for an error that is neither a violated constraint nor temporary */
export function problemOfDatabaseError(error: unknown): Problem | undefined {
  const constraint = violatedConstraint(error);
  const violated = constraint === undefined ? undefined : PROBLEMS_BY_CONSTRAINT[constraint];
  if (violated !== undefined) return violated();
  if (!isUnavailable(error)) return undefined;
  const detail = isStatementTimeout(error) ? { detail: STATEMENT_TIMEOUT_DETAIL } : {};
  return new Problem('SERVICE_UNAVAILABLE', { headers: RETRY_AFTER_ONE_SECOND, cause: error, ...detail });
}

function taken(
  field: string,
  code: 'USER_ALREADY_EXISTS' | 'ROLE_ALREADY_EXISTS',
  value: string,
): () => Problem {
  const message = `must not be ${value} of the organization`;
  return () => new Problem(code, { errors: [{ field, code, message }] });
}

function invalid(field: string, code: FieldCode & keyof typeof FIELD_CODES): () => Problem {
  return () => new Problem('VALIDATION_ERROR', { errors: [{ field, code, message: FIELD_CODES[code] }] });
}
