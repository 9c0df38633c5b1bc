import type { ApiKeyResponse, NewApiKeyResponse } from '../../../src/api-keys/dto/api-key.response.js';
import type { KeyPair } from '../../../src/common/auth/key-pair.js';
import type { TestApp } from '../app.js';
import { Client } from '../client.js';
import { API_KEYS } from '../paths.js';
import type { TestOrganization } from './organization.js';

/** As parsed from JSON: not an instance of the class, so it can be spread. */
export type ApiKey = Omit<ApiKeyResponse, never>;
export type CreatedApiKey = Omit<NewApiKeyResponse, 'private_secret_key'> & KeyPair;

/** Creates an API key with the keys of the given client. @returns the new key, a client that uses it, and its path */
export async function createApiKey(
  service: TestApp,
  { client }: Pick<TestOrganization, 'client'>,
  body: Record<string, unknown> = {},
): Promise<{ key: CreatedApiKey; client: Client; path: string }> {
  const answer = await client.post<CreatedApiKey>(API_KEYS, { name: 'Test key', ...body });
  if (answer.status !== 201) throw new Error(answer.text);
  return {
    key: answer.body,
    client: Client.with(service, answer.body),
    path: `${API_KEYS}/${answer.body.id}`,
  };
}

export async function retrieveApiKey(client: Client, path: string): Promise<ApiKey> {
  return (await client.get<ApiKey>(path)).body;
}

/** @returns the id of the API key that was created with the organization */
export async function firstKeyId({ dataSource }: TestApp, { keys }: TestOrganization): Promise<string> {
  const rows = await dataSource.query<{ id: string }[]>('SELECT id FROM api_keys WHERE public_key = $1', [
    keys.public_api_key,
  ]);
  return rows[0]?.id ?? 'none';
}
