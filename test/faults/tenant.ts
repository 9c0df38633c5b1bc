import type { KeyPair } from '../../src/common/auth/key-pair.js';
import type { AccountGroupResponse } from '../../src/organizations/account-groups/dto/account-group.response.js';
import type { AccountResponse } from '../../src/organizations/accounts/dto/account.response.js';
import { SANDBOX } from '../../src/common/sandbox-ids.js';
import type { RoleResponse } from '../../src/roles/dto/role.response.js';
import { keyHeaders } from '../support/client.js';
import { sandboxKeys, ServiceProcess } from '../support/service-process.js';
import { jsonHeaders, send, type Answer, type Call } from './http.js';

/** An organization with the ids that a new user needs. */
export class Tenant {
  readonly headers: Record<string, string>;

  constructor(
    readonly keys: KeyPair,
    readonly ids: { account_id: string; account_group_id: string; role_id: string },
    readonly organizationId: string = SANDBOX.organization_id,
  ) {
    this.headers = jsonHeaders(keyHeaders(keys));
  }

  /** Creates the organization by the CLI, and its group and account by the API. */
  static async create(databaseUrl: string, origin: string, name: string): Promise<Tenant> {
    const keys = await ServiceProcess.createOrganization({ DATABASE_URL: databaseUrl }, name);
    const call = callAs(origin, keys);
    const roles = await call<RoleResponse[]>('roles');
    const group = await call<AccountGroupResponse>('account-groups', { name, merchant_id: name });
    const account = await call<AccountResponse>(`account-groups/${group.id}/accounts`, { name });
    const role_id = roles.find((role) => role.name === 'Agent')?.id ?? '';
    const ids = { account_id: account.id, account_group_id: group.id, role_id };
    return new Tenant(keys, ids, keys.organization_id);
  }

  /** The sandbox that the first start on an embedded server creates. */
  static async sandbox(dataDir: string): Promise<Tenant> {
    return new Tenant(await sandboxKeys(dataDir), {
      account_id: SANDBOX.accounts.lisbon,
      account_group_id: SANDBOX.account_groups.europe,
      role_id: SANDBOX.roles.Agent,
    });
  }

  /** The body of POST /users. */
  user(email: string, names = { first_name: 'Ada', last_name: 'Lovelace' }): string {
    const { account_id, account_group_id, role_id } = this.ids;
    return JSON.stringify({
      email,
      ...names,
      account_permissions: [{ account_id, role_id }],
      account_group_permissions: [{ account_group_id, role_id }],
    });
  }

  send(origin: string, call: Call): Promise<Answer> {
    return send(origin, { ...call, headers: { ...this.headers, ...call.headers } });
  }
}

function callAs(origin: string, keys: KeyPair): <T>(path: string, body?: object) => Promise<T> {
  const headers = jsonHeaders(keyHeaders(keys));
  return async <T>(path: string, body?: object) => {
    const message = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    const answer = await send(origin, { ...message, path: `/v1/organizations/${path}`, headers });
    if (answer.status >= 400) throw new Error(answer.text);
    return JSON.parse(answer.text) as T;
  };
}
