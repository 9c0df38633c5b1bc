/**
 * Every error that the API answers: its status, a title, and when it happens. The codes are stable; those that
 * no route answers yet are reserved, so that clients can be written for all of them. docs/guide/errors.md is the
 * same in prose.
 */
export const PROBLEMS = {
  VALIDATION_ERROR: {
    status: 400,
    title: 'Validation failed',
    when: 'A field breaks a rule; `errors` names each one.',
  },
  INVALID_JSON: {
    status: 400,
    title: 'The body is not a JSON object',
    when: 'The body is not JSON in UTF-8, or not a JSON object.',
  },
  INVALID_CREDENTIALS: {
    status: 401,
    title: 'Invalid credentials',
    when: 'A key header is missing, unknown, wrong, revoked or expired: one answer for all.',
  },
  NOT_FOUND: {
    status: 404,
    title: 'Not found',
    when: 'There is no such route, or no such thing in this organization.',
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    title: 'Method not allowed',
    when: 'The path exists, the method does not; `Allow` lists those that do.',
  },
  USER_ALREADY_EXISTS: {
    status: 409,
    title: 'The e-mail address is taken',
    when: 'A user of this organization has the same e-mail address, compared without case.',
  },
  ROLE_ALREADY_EXISTS: {
    status: 409,
    title: 'The role name is taken',
    when: 'A role of this organization has the same name, compared without case.',
  },
  DEFAULT_ROLE_IMMUTABLE: {
    status: 400,
    title: 'Default roles cannot be changed',
    when: 'One of the six default roles was to be changed or deleted.',
  },
  GROUP_HAS_ACCOUNTS: {
    status: 400,
    title: 'The account group has accounts',
    when: 'An account group that has accounts was to be deleted.',
  },
  GROUP_HAS_SUBGROUPS: {
    status: 400,
    title: 'The account group has sub-groups',
    when: 'An account group that other groups are nested in was to be deleted.',
  },
  GROUP_CYCLE: {
    status: 400,
    title: 'The account group would be its own descendant',
    when: 'An account group was to be nested in itself or in one of its own descendants.',
  },
  LAST_ACCOUNT_IN_GROUP: {
    status: 400,
    title: 'The last account of the account group',
    when: 'The last account of an account group was to be removed from it.',
  },
  PRECONDITION_FAILED: {
    status: 412,
    title: 'Changed meanwhile',
    when: 'The thing no longer has an ETag that `If-Match` names; retrieve it again.',
  },
  PLAN_TOO_LARGE: {
    status: 400,
    title: 'The plan is too large',
    when: 'A dry run would have to compare the access of too many users to too many accounts.',
  },
  PAYLOAD_TOO_LARGE: { status: 413, title: 'The body is too large', when: 'The body has more than 1 MB.' },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    title: 'The body must be JSON',
    when: 'The content type is not application/json, or its charset or encoding is not supported.',
  },
  LOGIN_FAILED: {
    status: 401,
    title: 'Login failed',
    when: 'A token was asked for, and there is no such user in this organization.',
  },
  INSUFFICIENT_SCOPE: {
    status: 403,
    title: 'Insufficient scope',
    when: 'The key is good, but lacks the scope that this needs; `messages` names it.',
  },
  IP_NOT_ALLOWED: {
    status: 403,
    title: 'Address not allowed',
    when: 'The key is good, but may not be used from this address.',
  },
  API_KEY_REVOKED: {
    status: 409,
    title: 'The API key is revoked',
    when: 'A revoked API key was to be changed or rotated; nothing brings it back.',
  },
  LAST_API_KEY: {
    status: 409,
    title: 'The last API key that can manage API keys',
    when: 'The last key in force with `api-keys:write` was to be revoked, narrowed below it or given an expiry.',
  },
  IDEMPOTENCY_KEY_REUSED: {
    status: 409,
    title: 'Idempotency key reused',
    when: 'The same idempotency key came with another method, path, query or body.',
  },
  REQUEST_IN_PROGRESS: {
    status: 409,
    title: 'Request in progress',
    when: 'The same request with the same idempotency key is still being done; try again after `Retry-After` seconds.',
  },
  RATE_LIMITED: {
    status: 429,
    title: 'Too many requests',
    when: 'Too many requests of this key or of this address; try again after `Retry-After` seconds.',
  },
  BAD_REQUEST: {
    status: 400,
    title: 'Bad request',
    when: 'The body was cut off, or cannot be unpacked.',
  },
  INTERNAL_ERROR: {
    status: 500,
    title: 'Internal error',
    when: 'A fault of the service; its log has the cause under the request id.',
  },
  SERVICE_UNAVAILABLE: {
    status: 503,
    title: 'Service unavailable',
    when: 'The database is away, or too much is in flight; nothing is left half done. See `Retry-After`.',
  },
} as const satisfies Record<string, { status: number; title: string; when: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

/**
 * What can be wrong with a field. Where several rules of one field are broken, the first of this list is
 * told: a value of the wrong type is not also too short.
 */
export const FIELD_CODES = {
  REQUIRED: 'The field is missing.',
  UNKNOWN_PROPERTY: 'The API knows no such property here.',
  INVALID_TYPE: 'The value is of another JSON type than the field.',
  TOO_MANY: 'The array has more entries than it may have.',
  INVALID_CHARACTERS: 'The text holds NUL, another control character or a lone surrogate.',
  TOO_LONG: 'The text is too long.',
  TOO_SHORT: 'The text is too short.',
  INVALID_EMAIL: 'The text is not an e-mail address.',
  INVALID_UUID: 'The text is not a UUID.',
  INVALID_VALUE: 'The value is not one of those allowed, or out of range.',
  PERMISSION_REQUIRED:
    'A user is created with at least one permission, on an account or on an account group.',
  DUPLICATE_ASSIGNMENT: 'The same account, account group or permission stands twice.',
  ACCOUNT_NOT_FOUND: 'There is no such account in this organization.',
  ACCOUNT_DISABLED: 'The account is disabled.',
  ACCOUNT_GROUP_NOT_FOUND: 'There is no such account group in this organization.',
  ROLE_NOT_FOUND: 'There is no such role in this organization.',
  ROLE_NOT_ASSIGNABLE: 'The role is reserved for administrators or staff.',
  UNKNOWN_PERMISSION: 'The permissions catalog has no such permission.',
  PERMISSION_ORGANIZATION_ONLY: 'The permission only fits roles of type organization.',
} as const satisfies Record<string, string>;

export type FieldCode = keyof typeof FIELD_CODES | 'USER_ALREADY_EXISTS' | 'ROLE_ALREADY_EXISTS';
