/**
 * Ids of the sandbox organization, the same in every installation. The OpenAPI document uses them as examples, so
 * that "Try it out" works unchanged on an installation with a sandbox.
 */
export const SANDBOX = {
  organization_id: '019b0000-0000-7000-8000-000000000001',
  account_groups: {
    europe: '019b0000-0000-7000-8000-000000000011',
    americas: '019b0000-0000-7000-8000-000000000012',
  },
  accounts: {
    lisbon: '019b0000-0000-7000-8000-000000000021',
    berlin: '019b0000-0000-7000-8000-000000000022',
    bogota: '019b0000-0000-7000-8000-000000000023',
  },
  roles: {
    Admin: 'rol_SandboxAdmin',
    'IAM Admin': 'rol_SandboxIAMad',
    Custodian: 'rol_SandboxCusto',
    Agent: 'rol_SandboxAgent',
    Developer: 'rol_SandboxDevel',
    'Read only': 'rol_SandboxReadO',
  },
} as const;
