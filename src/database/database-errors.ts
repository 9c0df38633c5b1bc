import pg from 'pg';
import { CONSTRAINT_IN_MESSAGE, SHARD_NUMBER } from './citus/distribution.js';

/** SQLSTATEs and classes of a server that is unreachable, shutting down, out of resources, read-only, or refuses the login. */
const UNAVAILABLE = /^(08|28|53|3D000|57P0|57014|25006|25P0[34]|40001|40P01)/;
const UNREACHABLE =
  /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENOENT)$/;
/** Messages of node-postgres and TypeORM errors without a code. TypeORM releases a runner whose connection breaks between two statements. */
const UNREACHABLE_MESSAGE =
  /timeout exceeded when trying to connect|timeout expired|Connection terminated|Client has encountered a connection error|Client was closed|Cannot use a pool after calling end|DataSource is not|Driver not Connected|query runner (was )?already released|the database system is/i;

/** SQLSTATEs of errors that end the connection or the server, or make the server read-only; messages may be translated. */
const SERVER_ERROR = /^(08|25006|25P0[34]|28|53|3D000|57P|58|F0|XX)/;

/** Returns whether the database cannot be used now; the same request may succeed later. */
export function isUnavailable(error: unknown): boolean {
  const { code, message = '' } = driverErrorOf(error);
  if (code === undefined) return UNREACHABLE_MESSAGE.test(message);
  return UNREACHABLE.test(code) || (code.length === 5 && UNAVAILABLE.test(code));
}

/** Returns whether the server refused the password, the role or the database: waiting does not help. */
export function isLoginRefused(error: unknown): boolean {
  return /^(28|3D000)/.test(driverErrorOf(error).code ?? '');
}

/** Returns whether PostgreSQL rolled the transaction back because of a concurrent one: a retry may succeed. */
export function isSerializationFailure(error: unknown): boolean {
  const { code } = driverErrorOf(error);
  return code === '40001' || code === '40P01';
}

export function isStatementTimeout(error: unknown): boolean {
  return driverErrorOf(error).code === '57014';
}

/** Returns whether only the statement failed: its transaction is rolled back, and the connection is usable. */
export function isStatementError(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code !== undefined && !SERVER_ERROR.test(error.code);
}

/** @returns the name of the constraint that the statement violated; undefined for other errors */
export function violatedConstraint(error: unknown): string | undefined {
  const { constraint, code = '', message = '' } = driverErrorOf(error);
  const inMessage = code.startsWith('23') ? CONSTRAINT_IN_MESSAGE.exec(message)?.[1] : undefined;
  return (constraint ?? inMessage)?.replace(SHARD_NUMBER, '');
}

interface DriverError {
  constraint?: string;
  code?: string;
  message?: string;
}

/** Unwraps errors of TypeORM, and the AggregateError of a connection attempt to several addresses. */
function driverErrorOf(error: unknown): DriverError {
  if (typeof error !== 'object' || error === null) return { message: String(error) };
  const { driverError, errors } = error as { driverError?: unknown; errors?: unknown };
  if (driverError !== undefined) return driverErrorOf(driverError);
  return Array.isArray(errors) && errors.length > 0 ? driverErrorOf(errors[0]) : error;
}
