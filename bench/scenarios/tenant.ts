import type { KeyPair } from '../../src/common/auth/key-pair.js';
import { UNIQUE, type PlannedRequest } from '../load/plan.ts';
import { bulkLoad } from '../seed/bulk-load.ts';
import { seedTenant, type TenantSize } from '../seed/tenant-seed.ts';
import { rowsOf } from '../server/on-database.ts';
import type { Stage } from '../stage.ts';

const USERS = '/v1/organizations/users';
/** Different things that one load asks for. */
const VARIETY = 5000;

/** An organization that was made on the command line, and the requests that its key can send. */
export class Tenant {
  readonly id: string;
  private readonly headers: Record<string, string>;
  private readonly databaseUrl: string;
  private people: Promise<Person[]> | undefined;

  constructor(id: string, keys: KeyPair, databaseUrl: string) {
    this.id = id;
    this.databaseUrl = databaseUrl;
    this.headers = {
      'PUBLIC-API-KEY': keys.public_api_key,
      'PRIVATE-SECRET-KEY': keys.private_secret_key,
      'Content-Type': 'application/json',
    };
  }

  static async create(stage: Stage, name: string, size: TenantSize): Promise<Tenant> {
    const printed = await stage.commandLine.call('organization', 'create', '--name', name, '--json');
    const made = JSON.parse(printed) as KeyPair & { organization_id: string };
    await bulkLoad(stage.databaseUrl, size.users, (client) => seedTenant(client, made.organization_id, size));
    const tenant = new Tenant(made.organization_id, made, stage.databaseUrl);
    await tenant.someUsers();
    return tenant;
  }

  get(path: string): PlannedRequest {
    return { method: 'GET', path: `/v1/organizations/${path}`, headers: this.headers };
  }

  /** Creates a user with one permission on an account and one on a group, as in the example of the document. */
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
    return (await this.someUsers()).map(({ id }) => this.get(`users/${id}`));
  }

  async effectiveAccesses(): Promise<PlannedRequest[]> {
    return (await this.someUsers()).map(({ id }) => this.get(`users/${id}/effective-access`));
  }

  async findingsByEmail(): Promise<PlannedRequest[]> {
    return (await this.someUsers()).map(({ email }) => this.get(`users?email=${encodeURIComponent(email)}`));
  }

  /** A part of an e-mail address, a full name, a rare last name: one third each, all of users that there are. */
  async searches(): Promise<PlannedRequest[]> {
    const users = (await this.someUsers()).slice(0, 200);
    const rare = await this.rows<{ last_name: string }>(`
      SELECT last_name FROM users WHERE organization_id = $1 GROUP BY last_name ORDER BY count(*), last_name LIMIT 200`);
    const terms = [
      ...users.map(({ email }) => email.slice(email.indexOf('.') + 1, email.indexOf('@') + 4)),
      ...users.map(({ first_name, last_name }) => `${first_name} ${last_name}`),
      ...rare.map(({ last_name }) => last_name),
    ];
    return terms.map((term) => this.get(`users?search=${encodeURIComponent(term)}`));
  }

  /** Each asks ten things at random: any user, any account, any permission. */
  async checks(): Promise<PlannedRequest[]> {
    const users = await this.someUsers();
    const accounts = await this.rows<{ id: string }>(
      'SELECT id FROM accounts WHERE organization_id = $1 ORDER BY random() LIMIT $2',
      [VARIETY],
    );
    const permissions = await this.rows<{ id: string }>(
      "SELECT unnest(permission_ids) AS id FROM roles WHERE organization_id = $1 AND name = 'Admin'",
    );
    return users.slice(0, 1000).map(() => {
      const checks = Array.from({ length: 10 }, () => ({
        user_id: oneOf(users).id,
        account_id: oneOf(accounts).id,
        permission_id: oneOf(permissions).id,
      }));
      const body = JSON.stringify({ checks });
      return { method: 'POST', path: '/v1/organizations/permission-checks', headers: this.headers, body };
    });
  }

  /** What a partner's backends do all day: of ten requests six retrieve, two check, one lists, one creates. */
  async mixed(tens = 100): Promise<PlannedRequest[]> {
    const retrievals = await this.retrievals();
    const checks = await this.checks();
    const creations = await this.creations();
    return Array.from({ length: tens }, () => [
      ...Array.from({ length: 6 }, () => oneOf(retrievals)),
      oneOf(checks),
      oneOf(checks),
      this.get('users'),
      oneOf(creations),
    ]).flat();
  }

  /** Always the same ones, of those that were seeded: the baseline has no others. */
  private someUsers(): Promise<Person[]> {
    this.people ??= this.rows<Person>(
      'SELECT id, email, first_name, last_name FROM users WHERE organization_id = $1 ORDER BY random() LIMIT $2',
      [VARIETY],
    );
    return this.people;
  }

  private rows<Row extends object>(sql: string, more: unknown[] = []): Promise<Row[]> {
    return rowsOf<Row>(this.databaseUrl, sql, [this.id, ...more]);
  }
}

interface Person {
  id: string;
  email: string;
  first_name: string;
  last_name: string;
}

function oneOf<T>(things: readonly T[]): T {
  const thing = things[Math.floor(Math.random() * things.length)];
  if (thing === undefined) throw new Error('There is nothing to choose from');
  return thing;
}
