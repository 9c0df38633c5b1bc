/**
 * Create User as in the public API that this service is compatible with. Our document may add properties, limits and
 * responses; it must not lack any of these.
 */
export const CREATE_USER_CONTRACT = {
  path: '/organizations/users',
  method: 'post',
  operation_id: 'create-user',
  security_headers: { sec0: 'PUBLIC-API-KEY', sec1: 'PRIVATE-SECRET-KEY' },
  request: {
    required: ['email', 'first_name', 'last_name'],
    properties: {
      email: { type: 'string', format: 'email' },
      first_name: { type: 'string' },
      last_name: { type: 'string' },
    },
    arrays: {
      account_permissions: { account_id: { type: 'string', format: 'uuid' }, role_id: { type: 'string' } },
      account_group_permissions: {
        account_group_id: { type: 'string', format: 'uuid' },
        role_id: { type: 'string' },
      },
    },
  },
  answer: {
    status: '201',
    properties: {
      id: { type: 'string', format: 'uuid' },
      email: { type: 'string' },
      first_name: { type: 'string' },
      last_name: { type: 'string' },
      created_at: { type: 'string', format: 'date-time' },
      updated_at: { type: 'string', format: 'date-time' },
    },
    arrays: {
      account_permissions: { account_id: { type: 'string', format: 'uuid' }, role_id: { type: 'string' } },
      account_group_permissions: {
        account_group_id: { type: 'string', format: 'uuid' },
        role_id: { type: 'string' },
      },
    },
  },
} as const;
