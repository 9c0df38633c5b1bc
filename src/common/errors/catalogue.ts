/**
 * Every error of the API: status, title and explanation. Codes are stable. docs/guide/errors.md has the same texts, which
 * catalogue.spec.ts compares.
 */
export const PROBLEMS = {
  VALIDATION_ERROR: {
    status: 400,
    title: 'Validation failed',
    when: 'One or more fields are invalid; `errors` lists them.',
  },
  INVALID_JSON: {
    status: 400,
    title: 'The body is not a JSON object',
    when: 'The body is not a JSON object in UTF-8.',
  },
  INVALID_CREDENTIALS: {
    status: 401,
    title: 'Invalid credentials',
    when: 'A key header is missing, or the key is unknown, wrong, revoked or expired.',
  },
  NOT_FOUND: {
    status: 404,
    title: 'Not found',
    when: 'The route does not exist, or the resource does not exist in this organization.',
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    title: 'Method not allowed',
    when: 'The path does not support the method; `Allow` lists the supported methods.',
  },
  USER_ALREADY_EXISTS: {
    status: 409,
    title: 'The e-mail address is taken',
    when: 'A user of this organization has the same e-mail address, ignoring case.',
  },
  ROLE_ALREADY_EXISTS: {
    status: 409,
    title: 'The role name is taken',
    when: 'A role of this organization has the same name, ignoring case.',
  },
  DEFAULT_ROLE_IMMUTABLE: {
    status: 400,
    title: 'Default roles cannot be changed',
    when: 'The six default roles cannot be changed or deleted.',
  },
  GROUP_HAS_ACCOUNTS: {
    status: 400,
    title: 'The account group has accounts',
    when: 'An account group with accounts cannot be deleted.',
  },
  GROUP_HAS_SUBGROUPS: {
    status: 400,
    title: 'The account group has sub-groups',
    when: 'An account group with sub-groups cannot be deleted.',
  },
  GROUP_CYCLE: {
    status: 400,
    title: 'The account group would contain itself',
    when: 'An account group cannot be nested in itself or in one of its descendants.',
  },
  LAST_ACCOUNT_IN_GROUP: {
    status: 400,
    title: 'The last account of the account group',
    when: 'The last account of an account group cannot be removed from it.',
  },
  PRECONDITION_FAILED: {
    status: 412,
    title: 'The resource has changed',
    when: 'The resource has changed and has none of the ETags in `If-Match`; retrieve it again.',
  },
  PLAN_TOO_LARGE: {
    status: 400,
    title: 'The plan is too large',
    when: 'The dry run would compare the access of too many users to too many accounts.',
  },
  PAYLOAD_TOO_LARGE: { status: 413, title: 'The body is too large', when: 'The body is larger than 1 MB.' },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    title: 'The body must be JSON',
    when: 'The content type is not application/json, or the charset or content encoding is not supported.',
  },
  LOGIN_FAILED: {
    status: 401,
    title: 'Login failed',
    when: 'The user for whom a token was requested does not exist in this organization.',
  },
  INSUFFICIENT_SCOPE: {
    status: 403,
    title: 'Insufficient scope',
    when: 'The API key lacks a required scope; `messages` names it.',
  },
  IP_NOT_ALLOWED: {
    status: 403,
    title: 'Address not allowed',
    when: 'The API key is not allowed from this IP address.',
  },
  API_KEY_REVOKED: {
    status: 409,
    title: 'The API key is revoked',
    when: 'A revoked API key cannot be changed, rotated or restored; create a new one.',
  },
  LAST_API_KEY: {
    status: 409,
    title: 'The last API key that can manage API keys',
    when: 'The last active key with `api-keys:write` cannot be revoked, lose that scope or be given an expiry.',
  },
  IDEMPOTENCY_KEY_REUSED: {
    status: 409,
    title: 'Idempotency key reused',
    when: 'The idempotency key was used for a request with another method, path, query or body.',
  },
  REQUEST_IN_PROGRESS: {
    status: 409,
    title: 'Request in progress',
    when: 'The same request with the same idempotency key is in progress; retry after `Retry-After` seconds.',
  },
  RATE_LIMITED: {
    status: 429,
    title: 'Too many requests',
    when: 'Too many requests from this key or this address; retry after `Retry-After` seconds.',
  },
  BAD_REQUEST: {
    status: 400,
    title: 'Bad request',
    when: 'The body is incomplete or cannot be decompressed.',
  },
  INTERNAL_ERROR: {
    status: 500,
    title: 'Internal error',
    when: 'The service failed; its log has the cause under the request id.',
  },
  SERVICE_UNAVAILABLE: {
    status: 503,
    title: 'Service unavailable',
    when: 'The database is unavailable or the service is overloaded; no change is applied partially. Retry after `Retry-After` seconds.',
  },
} as const satisfies Record<string, { status: number; title: string; when: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

/**
 * Field codes with default messages, in order of precedence: a field with several broken rules is reported with the
 * first code.
 */
export const FIELD_CODES = {
  REQUIRED: 'The field is missing.',
  UNKNOWN_PROPERTY: 'The property is unknown.',
  INVALID_TYPE: 'The value has the wrong JSON type.',
  TOO_MANY: 'The array has too many entries.',
  INVALID_CHARACTERS: 'The text contains a control character or a lone surrogate.',
  TOO_LONG: 'The text is too long.',
  TOO_SHORT: 'The text is too short.',
  INVALID_EMAIL: 'The text is not an e-mail address.',
  INVALID_UUID: 'The text is not a UUID.',
  INVALID_VALUE: 'The value is not allowed or out of range.',
  PERMISSION_REQUIRED: 'A user needs at least one permission, on an account or on an account group.',
  DUPLICATE_ASSIGNMENT: 'The same account, account group or permission occurs twice.',
  ACCOUNT_NOT_FOUND: 'The account does not exist in this organization.',
  ACCOUNT_DISABLED: 'The account is disabled.',
  ACCOUNT_GROUP_NOT_FOUND: 'The account group does not exist in this organization.',
  ROLE_NOT_FOUND: 'The role does not exist in this organization.',
  ROLE_NOT_ASSIGNABLE: 'The role is reserved for administrators or staff.',
  UNKNOWN_PERMISSION: 'The permission is not in the permissions catalog.',
  PERMISSION_ORGANIZATION_ONLY: 'The permission is only allowed in roles of type organization.',
} as const satisfies Record<string, string>;

export type FieldCode = keyof typeof FIELD_CODES | 'USER_ALREADY_EXISTS' | 'ROLE_ALREADY_EXISTS';
