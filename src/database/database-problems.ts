import pg from 'pg';
import type { FieldCode } from '../common/errors/catalogue.js';
import { FIELD_CODES } from '../common/errors/catalogue.js';
import { Problem, RETRY_SOON } from '../common/errors/problem.js';

/** What a broken constraint means to the caller; the validators find most of these first, a race lands here. */
const CONSTRAINTS: Readonly<Record<string, () => Problem>> = {
  users_email_key: () =>
    new Problem('USER_ALREADY_EXISTS', {
      errors: [
        {
          field: 'email',
          code: 'USER_ALREADY_EXISTS',
          message: 'a user of this organization has this e-mail address',
        },
      ],
    }),
  roles_name_key: () =>
    new Problem('ROLE_ALREADY_EXISTS', {
      errors: [
        { field: 'name', code: 'ROLE_ALREADY_EXISTS', message: 'a role of this organization has this name' },
      ],
    }),
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

/** SQLSTATE classes and codes that say: the database is away, going down, full to the brim, a standby, or closed to us. */
const UNAVAILABLE = /^(08|28|53|3D000|57P0|57014|25006|25P0[34]|40001|40P01)/;
const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
]);
/** pg and TypeORM give these no code of their own. TypeORM releases a runner whose connection breaks between two statements. */
const UNREACHABLE_WORDS =
  /timeout exceeded when trying to connect|timeout expired|Connection terminated|Client has encountered a connection error|Client was closed|Cannot use a pool after calling end|DataSource is not|Driver not Connected|query runner (was )?already released|the database system is/i;

/** SQLSTATE of a statement that was ended because it took longer than it may. */
const OUT_OF_TIME = '57014';
/** The one case in which to try again may not help. */
const TOOK_TOO_LONG =
  'The database was too busy, or this is too much at once; nothing is left half done. See `Retry-After`. If it ' +
  'happens again, ask for less: a longer `search`, pages by `after`, fewer things in one request.';

/** A wrong password, a role or a database that is not there: whoever starts the service is to hear of it at once. */
export function isLoginRefused(error: unknown): boolean {
  return /^(28|3D000)/.test(driverErrorOf(error).code ?? '');
}

/** @returns undefined for what is no fault of the request or of the connection */
export function problemOfDatabaseError(error: unknown): Problem | undefined {
  const driverError = driverErrorOf(error);
  const { code, message } = driverError;
  const constraint = constraintOf(driverError);
  const broken = constraint === undefined ? undefined : CONSTRAINTS[constraint];
  if (broken !== undefined) return broken();
  const away =
    (code !== undefined && (UNREACHABLE.has(code) || (code.length === 5 && UNAVAILABLE.test(code)))) ||
    (code === undefined && UNREACHABLE_WORDS.test(message ?? ''));
  if (!away) return undefined;
  const words = code === OUT_OF_TIME ? { detail: TOOK_TOO_LONG } : {};
  return new Problem('SERVICE_UNAVAILABLE', { headers: RETRY_SOON, cause: error, ...words });
}

/** Another transaction came in between, or both waited for each other: nothing was changed, and trying again helps. */
export function isRaceLost(error: unknown): boolean {
  const { code } = driverErrorOf(error);
  return code === '40001' || code === '40P01';
}

/** The statement took longer than it may. */
export function isOutOfTime(error: unknown): boolean {
  return driverErrorOf(error).code === OUT_OF_TIME;
}

/** Codes of what ends a connection or the whole server, or makes it one that cannot be written to, which may say its severity in another language. */
const OF_THE_SERVER = /^(08|25006|25P0[34]|28|53|3D000|57P|58|F0|XX)/;

/** What was asked for went wrong, not the connection or the server: the transaction is taken back, and nothing else. */
export function isOfStatement(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code !== undefined && !OF_THE_SERVER.test(error.code);
}

/** Constraints of a shard of Citus have its number behind their name, and only the message brings it to the coordinator. */
const ON_SHARD = /\bconstraint "(\w+?)(_\d{6,})?"/;

function constraintOf({ constraint, code, message }: DriverError): string | undefined {
  if (constraint !== undefined) return constraint.replace(/_\d{6,}$/, '');
  return code?.startsWith('23') === true ? ON_SHARD.exec(message ?? '')?.[1] : undefined;
}

interface DriverError {
  constraint?: string;
  code?: string;
  message?: string;
}

/** What PostgreSQL or the socket said: TypeORM wraps it, and Node bundles it when a name has several addresses. */
function driverErrorOf(error: unknown): DriverError {
  if (typeof error !== 'object' || error === null) return { message: String(error) };
  const { driverError, errors } = error as { driverError?: unknown; errors?: unknown };
  if (driverError !== undefined) return driverErrorOf(driverError);
  return Array.isArray(errors) && errors.length > 0 ? driverErrorOf(errors[0]) : error;
}

function invalid(field: string, code: FieldCode & keyof typeof FIELD_CODES): () => Problem {
  return () => new Problem('VALIDATION_ERROR', { errors: [{ field, code, message: FIELD_CODES[code] }] });
}
