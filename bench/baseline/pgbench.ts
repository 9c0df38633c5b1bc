import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Harness } from '../harness.ts';
import { baselineUrl } from './baseline.ts';
import { CREATE_USER } from './statements.ts';

const run = promisify(execFile);

/**
 * Runs the baseline's statement without an HTTP server, on as many connections.
 * @returns statements per second; undefined when pgbench is not installed
 */
export async function runPgbench(
  harness: Harness,
  organizationId: string,
  body: NewUser,
): Promise<number | undefined> {
  const script = join(harness.folder, 'create-user.sql');
  await writeFile(script, buildScript(organizationId, body));
  const options = [
    ['--no-vacuum', '--protocol=prepared', '--client=10', '--jobs=1'],
    [
      `--time=${String(Math.ceil(harness.options.seconds))}`,
      `--define=k=${String(Date.now())}`,
      `--file=${script}`,
    ],
  ].flat();
  try {
    const { stdout } = await run('pgbench', [...options, baselineUrl(harness)]);
    return Number(/^tps = ([\d.]+)/m.exec(stdout)?.[1]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    process.stderr.write('pgbench is not installed; its figure is missing.\n');
    return undefined;
  }
}

interface NewUser {
  account_permissions: readonly { account_id: string; role_id: string }[];
  account_group_permissions: readonly { account_group_id: string; role_id: string }[];
}

/** Ascending ids, like UUIDv7. */
const ID = `lpad(to_hex(:n::bigint), 32, '0')::uuid`;

/** Each colon in the JSON is followed by a space, because pgbench replaces `:name` by a variable. */
const CHANGES = `{"email": {"before": null, "after": "someone@example.com"}, "first_name": {"before": null, "after": "Ada"},
  "last_name": {"before": null, "after": "Lovelace"}}`;

function buildScript(organizationId: string, user: NewUser): string {
  const [account] = user.account_permissions;
  const [group] = user.account_group_permissions;
  const values: Readonly<Record<string, string>> = {
    $1: `'${organizationId}'::uuid`,
    $2: ID,
    $3: `'pgbench.' || :n::bigint || '@example.com'`,
    $4: `'Ada'`,
    $5: `'Lovelace'`,
    $6: `'{${account?.account_id ?? ''}}'`,
    $7: `'{${account?.role_id ?? ''}}'`,
    $8: `'{${group?.account_group_id ?? ''}}'`,
    $9: `'{${group?.role_id ?? ''}}'`,
    $10: ID,
    $11: `'${CHANGES}'::jsonb`,
  };
  const statement = CREATE_USER.text.replaceAll(/\$\d+/g, (parameter) => values[parameter] ?? parameter);
  return `\\set k :k + 1\n\\set n :k * 100 + :client_id\n${statement};\n`;
}
