export const USERS = '/v1/organizations/users';
export const ROLES = '/v1/organizations/roles';
export const GROUPS = '/v1/organizations/account-groups';
export const ACCOUNTS = '/v1/organizations/accounts';
export const API_KEYS = '/v1/organizations/api-keys';
export const AUDIT_EVENTS = '/v1/organizations/audit-events';
export const CHECKS = '/v1/organizations/permission-checks';
export const AUTHENTICATE = '/v1/organizations/authenticate';
export const INTROSPECT = '/v1/organizations/introspect';
export const JWKS = '/.well-known/jwks.json';
export const CATALOG = '/v1/organizations/permissions-catalog';

/** A valid UUID that is the id of nothing. */
export const UNKNOWN_ID = '01a20876-c273-76f4-a413-5eb48530caff';
