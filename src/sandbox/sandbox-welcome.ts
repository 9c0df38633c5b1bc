import { chmodSync, writeFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { KeyPair } from '../common/auth/key-pair.js';
import { SANDBOX } from '../common/sandbox-ids.js';

const KEY_FILE = 'sandbox-keys.json';

/** Saves the key pair in a file that only its owner can read. */
export function saveKeyPair(dataDir: string, pair: KeyPair): void {
  const file = join(dataDir, KEY_FILE);
  writeFileSync(file, `${JSON.stringify(pair, undefined, 2)}\n`, { mode: 0o600 });
  chmodSync(file, 0o600); // writeFileSync does not change the mode of an existing file
}

/**
 * Returns the text that a start prints.
 * @param origin base URL of the service, such as `http://127.0.0.1:3000`
 * @param created key pair of the sandbox, when this start has created it
 * @param dataDir folder of the embedded database; undefined for DATABASE_URL
 */
export function sandboxWelcome(
  origin: string,
  created: KeyPair | undefined,
  dataDir: string | undefined,
): string {
  const lines = ['', `Tenantry listens on ${origin}`, `Swagger UI: ${origin}/docs`];
  if (created !== undefined && dataDir !== undefined) {
    lines.push('', 'A sandbox organization is ready. Its keys, also in ' + join(dataDir, KEY_FILE) + ':');
    lines.push(
      `  PUBLIC-API-KEY: ${created.public_api_key}`,
      `  PRIVATE-SECRET-KEY: ${created.private_secret_key}`,
    );
    lines.push('', 'Create a user:', '', curlCommand(origin, created));
  } else if (dataDir !== undefined && existsSync(join(dataDir, KEY_FILE))) {
    lines.push(`Sandbox keys: ${join(dataDir, KEY_FILE)}`);
  }
  return `${lines.join('\n')}\n\n`;
}

function curlCommand(origin: string, pair: KeyPair): string {
  const user = {
    email: 'grace.hopper@example.com',
    first_name: 'Grace',
    last_name: 'Hopper',
    account_permissions: [{ account_id: SANDBOX.accounts.lisbon, role_id: SANDBOX.roles.Developer }],
  };
  return (
    `curl -i ${origin}/v1/organizations/users -H 'PUBLIC-API-KEY: ${pair.public_api_key}' ` +
    `-H 'PRIVATE-SECRET-KEY: ${pair.private_secret_key}' -H 'Content-Type: application/json' -d '${JSON.stringify(user)}'`
  );
}
