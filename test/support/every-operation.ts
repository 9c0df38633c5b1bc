import type { ScopeName } from '../../src/common/auth/scopes.js';
import { createApiKey } from './factories/api-key.js';
import {
  createAccount,
  createGroup,
  createOrganization,
  createUser,
  newUser,
  type TestOrganization,
} from './factories/organization.js';
import { onAccount, onGroup } from './factories/permissions.js';
import type { TestApp } from './app.js';
import type { Method } from './client.js';
import { AUTHENTICATE, ROLES } from './paths.js';

export interface Operation {
  operationId: string;
  method: Method;
  path: string;
  /** Names of its query parameters. */
  queries: string[];
  /** Names of its header parameters. */
  headers: string[];
  isPublic: boolean;
  scope: ScopeName;
}

/** An organization with at least one resource of each type. */
export interface PopulatedOrganization extends TestOrganization {
  /** By the names of path parameters. */
  ids: Record<string, string>;
  token: string;
}

interface DocumentedOperation {
  operationId: string;
  parameters?: { name: string; in: string }[];
  security?: unknown[];
  'x-required-scope': ScopeName;
}

/** POST operations that change nothing. */
const QUERIES_BY_POST = ['check-permissions', 'authenticate-whitelabel-user', 'introspect-token'];

export function isMutation({ method, operationId }: Operation): boolean {
  return method !== 'GET' && !QUERIES_BY_POST.includes(operationId);
}

/** @returns every operation of the OpenAPI document */
export function operationsOf({ document }: TestApp): Operation[] {
  const paths = document.paths as unknown as Record<string, Record<string, DocumentedOperation>>;
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, { operationId, parameters = [], security, ...operation }]) => ({
      operationId,
      method: method.toUpperCase() as Method,
      path,
      queries: parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name),
      headers: parameters.filter((parameter) => parameter.in === 'header').map(({ name }) => name),
      isPublic: security?.length === 0,
      scope: operation['x-required-scope'],
    })),
  );
}

export async function createPopulatedOrganization(service: TestApp): Promise<PopulatedOrganization> {
  const organization = await createOrganization(service);
  const { client, group, account } = organization;
  const { body: role } = await client.post<{ id: string }>(ROLES, { name: 'Custom' });
  const user = await createUser(organization, onGroup(group.id, role.id));
  await createUser(organization); // for a second page
  const { body: issued } = await client.post<{ access_token: string }>(AUTHENTICATE, {
    user_id: user.id,
  });
  const { key } = await createApiKey(service, organization);
  const empty = await createGroup(client, 'Asia');
  await createAccount(client, group.id, 'Porto');
  return {
    ...organization,
    token: issued.access_token,
    ids: {
      user_id: user.id,
      account_id: account.id,
      account_group_id: group.id,
      role_id: role.id,
      api_key_id: key.id,
      empty_group_id: empty.id,
    },
  };
}

/** @returns valid paths of the operation, to call one after another: one without a query, others with each query parameter */
export function pathsOf(operation: Operation, of: PopulatedOrganization): string[] {
  const path = pathOf(operation, of);
  return queriesOf(operation, of).map((query) => (query === '' ? path : `${path}?${query}`));
}

function pathOf({ operationId, path }: Operation, { ids }: PopulatedOrganization): string {
  const own = operationId === 'delete-account-group' ? { account_group_id: ids['empty_group_id'] } : {};
  const all: Record<string, string | undefined> = { ...ids, ...own };
  return path.replaceAll(/\{(\w+)\}/g, (_match, name: string) => all[name] ?? `no id for ${name}`);
}

function queriesOf({ operationId, queries }: Operation, of: PopulatedOrganization): string[] {
  const needed = operationId === 'list-users-of-account' ? ['permission_id=payments:view'] : [];
  const filters = queries.flatMap((name) => FILTERS[name]?.(of, operationId) ?? []);
  const pages = queries.includes('page_size')
    ? ['page_size=1', ...(queries.includes('page') ? ['page=2&page_size=1'] : [])]
    : [];
  const dryRun = queries.includes('dry_run') ? ['dry_run=true'] : [];
  const erase = queries.includes('erase') ? ['erase=true'] : [];
  return [...dryRun, '', ...erase, ...pages, ...filters].map((query) =>
    [...needed, query].filter(Boolean).join('&'),
  );
}

/** Valid queries, by the name of the query parameter. */
const FILTERS: Readonly<Record<string, (of: PopulatedOrganization, operationId: string) => string[]>> = {
  merchant_id: () => ['merchant_id=merchant-01'],
  email: () => ['email=user@example.com'],
  account_id: ({ ids }) => [`account_id=${String(ids['account_id'])}`],
  account_group_id: ({ ids }) => [`account_group_id=${String(ids['account_group_id'])}`],
  search: () => ['search=ada'],
  environment: () => ['environment=sandbox'],
  action: () => ['action=user.created'],
  actor_id: ({ ids }) => [`actor_id=${String(ids['api_key_id'])}`],
  target_type: () => ['target_type=user'],
  target_id: ({ ids }) => [`target_id=${String(ids['user_id'])}`],
  from: () => ['from=2020-01-01T00:00:00Z'],
  to: () => ['to=2999-01-01T00:00:00Z'],
  sort: (_of, operationId) =>
    (operationId === 'list-users' ? ['created_at', 'email', 'last_name', '-last_name'] : ['occurred_at']).map(
      (sort) =>
        `sort=${sort}&page_size=1`.replace(operationId === 'export-audit-events' ? '&page_size=1' : '', ''),
    ),
};

/** A valid body for each operation that takes one. */
export const BODIES: Readonly<Record<string, (of: PopulatedOrganization) => unknown>> = {
  'create-account-group': ({ ids }) => ({
    name: 'New',
    merchant_id: 'm',
    account_codes: [ids['account_id']],
  }),
  'update-account-group': () => ({ name: 'Changed' }),
  'create-account': () => ({ name: 'New' }),
  'update-account': () => ({ name: 'Changed' }),
  'create-role': () => ({ name: 'New', permission_ids: ['payments:view'] }),
  'update-role': () => ({ name: 'Changed', permission_ids: ['payments:view'] }),
  'create-user': (of) => newUser(of, onGroup(of.group.id, of.roles.Agent)),
  'update-user': () => ({ first_name: 'Augusta' }),
  'replace-user-account-permissions': ({ account, roles }) => onAccount(account.id, roles.Agent),
  'update-user-account-permissions': ({ account, roles }) => onAccount(account.id, roles.Agent),
  'replace-user-account-group-permissions': ({ group, roles }) => onGroup(group.id, roles.Agent),
  'update-user-account-group-permissions': ({ group, roles }) => onGroup(group.id, roles.Agent),
  'check-permissions': ({ ids }) => ({
    checks: [
      {
        user_id: ids['user_id'],
        account_id: ids['account_id'],
        permission_id: 'payments:view',
        environment: 'sandbox',
      },
    ],
    explain: true,
  }),
  'authenticate-whitelabel-user': ({ ids }) => ({ user_id: ids['user_id'] }),
  'introspect-token': ({ token }) => ({ token }),
  'create-api-key': () => ({ name: 'New' }),
  'update-api-key': () => ({ name: 'Changed' }),
  'rotate-api-key': () => ({ overlap_seconds: 60 }),
};
