import type { KeyPair } from '../../src/common/auth/key-pair.js';
import { UNIQUE, type PlannedRequest } from '../load/plan.ts';
import { bulkLoad } from '../seed/bulk-load.ts';
import { seedTenant, type TenantSize } from '../seed/tenant-seed.ts';
import { queryRows } from '../server/with-client.ts';
import type { Harness } from '../harness.ts';

const USERS = '/v1/organizations/users';
/** Number of different users and accounts in a load. */
const SAMPLE_SIZE = 5000;

/** An organization, and requests with its API key. */
export class Tenant {
  readonly id: string;
  private readonly headers: Record<string, string>;
  private readonly databaseUrl: string;
  private sampledUsers: Promise<SampledUser[]> | undefined;

  constructor(id: string, keys: KeyPair, databaseUrl: string) {
    this.id = id;
    this.databaseUrl = databaseUrl;
    this.headers = {
      'PUBLIC-API-KEY': keys.public_api_key,
      'PRIVATE-SECRET-KEY': keys.private_secret_key,
      'Content-Type': 'application/json',
    };
  }

  static async create(harness: Harness, name: string, size: TenantSize): Promise<Tenant> {
    const printed = await harness.commandLine.run('organization', 'create', '--name', name, '--json');
    const created = JSON.parse(printed) as KeyPair & { organization_id: string };
    await bulkLoad(harness.databaseUrl, size.users, (client) =>
      seedTenant(client, created.organization_id, size),
    );
    const tenant = new Tenant(created.organization_id, created, harness.databaseUrl);
    await tenant.sampleUsers();
    return tenant;
  }

  get(path: string): PlannedRequest {
    return { method: 'GET', path: `/v1/organizations/${path}`, headers: this.headers };
  }

  /** Creates users with one permission on an account and one on an account group. */
  async creations(): Promise<PlannedRequest[]> {
    const [ids] = await this.rows<{
      account_id: string;
      account_group_id: string;
      developer: string;
      reader: string;
    }>(`
      SELECT (SELECT id FROM accounts WHERE organization_id = $1 LIMIT 1) AS account_id,
        (SELECT id FROM account_groups WHERE organization_id = $1 LIMIT 1) AS account_group_id,
        (SELECT id FROM roles WHERE organization_id = $1 AND name = 'Developer') AS developer,
        (SELECT id FROM roles WHERE organization_id = $1 AND name = 'Read only') AS reader`);
    const body = JSON.stringify({
      email: `${UNIQUE}@example.com`,
      first_name: 'Ada',
      last_name: 'Lovelace',
      account_permissions: [{ account_id: ids?.account_id, role_id: ids?.developer }],
      account_group_permissions: [{ account_group_id: ids?.account_group_id, role_id: ids?.reader }],
    });
    return [{ method: 'POST', path: USERS, headers: this.headers, body }];
  }

  async retrievals(): Promise<PlannedRequest[]> {
    return (await this.sampleUsers()).map(({ id }) => this.get(`users/${id}`));
  }

  async effectiveAccessQueries(): Promise<PlannedRequest[]> {
    return (await this.sampleUsers()).map(({ id }) => this.get(`users/${id}/effective-access`));
  }

  async lookupsByEmail(): Promise<PlannedRequest[]> {
    return (await this.sampleUsers()).map(({ email }) =>
      this.get(`users?email=${encodeURIComponent(email)}`),
    );
  }

  /** Searches for parts of e-mail addresses, full names and rare last names of existing users, one third each. */
  async searches(): Promise<PlannedRequest[]> {
    const users = (await this.sampleUsers()).slice(0, 200);
    const rare = await this.rows<{ last_name: string }>(`
      SELECT last_name FROM users WHERE organization_id = $1 GROUP BY last_name ORDER BY count(*), last_name LIMIT 200`);
    const terms = [
      ...users.map(({ email }) => email.slice(email.indexOf('.') + 1, email.indexOf('@') + 4)),
      ...users.map(({ first_name, last_name }) => `${first_name} ${last_name}`),
      ...rare.map(({ last_name }) => last_name),
    ];
    return terms.map((term) => this.get(`users?search=${encodeURIComponent(term)}`));
  }

  /** Requests with ten random checks each. */
  async checks(): Promise<PlannedRequest[]> {
    const users = await this.sampleUsers();
    const accounts = await this.rows<{ id: string }>(
      'SELECT id FROM accounts WHERE organization_id = $1 ORDER BY random() LIMIT $2',
      [SAMPLE_SIZE],
    );
    const permissions = await this.rows<{ id: string }>(
      "SELECT unnest(permission_ids) AS id FROM roles WHERE organization_id = $1 AND name = 'Admin'",
    );
    return users.slice(0, 1000).map(() => {
      const checks = Array.from({ length: 10 }, () => ({
        user_id: pickOne(users).id,
        account_id: pickOne(accounts).id,
        permission_id: pickOne(permissions).id,
      }));
      const body = JSON.stringify({ checks });
      return { method: 'POST', path: '/v1/organizations/permission-checks', headers: this.headers, body };
    });
  }

  /** A typical mix: of ten requests six retrieve, two check permissions, one lists and one creates. */
  async mixed(tens = 100): Promise<PlannedRequest[]> {
    const retrievals = await this.retrievals();
    const checks = await this.checks();
    const creations = await this.creations();
    return Array.from({ length: tens }, () => [
      ...Array.from({ length: 6 }, () => pickOne(retrievals)),
      pickOne(checks),
      pickOne(checks),
      this.get('users'),
      pickOne(creations),
    ]).flat();
  }

  /** Returns the same sample each time. It is taken before scenarios create users, which the baseline does not have. */
  private sampleUsers(): Promise<SampledUser[]> {
    this.sampledUsers ??= this.rows<SampledUser>(
      'SELECT id, email, first_name, last_name FROM users WHERE organization_id = $1 ORDER BY random() LIMIT $2',
      [SAMPLE_SIZE],
    );
    return this.sampledUsers;
  }

  private rows<Row extends object>(sql: string, more: unknown[] = []): Promise<Row[]> {
    return queryRows<Row>(this.databaseUrl, sql, [this.id, ...more]);
  }
}

interface SampledUser {
  id: string;
  email: string;
  first_name: string;
  last_name: string;
}

function pickOne<T>(items: readonly T[]): T {
  const item = items[Math.floor(Math.random() * items.length)];
  if (item === undefined) throw new Error('The list is empty');
  return item;
}
