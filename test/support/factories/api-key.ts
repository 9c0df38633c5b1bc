import type { ApiKeyResponse, NewApiKeyResponse } from '../../../src/api-keys/dto/api-key.response.js';
import type { KeyPair } from '../../../src/common/auth/key-pair.js';
import type { TestApp } from '../app.js';
import { Client } from '../client.js';
import type { TestOrganization } from './organization.js';

export const KEYS = '/v1/organizations/api-keys';

export type MadeKey = Omit<NewApiKeyResponse, 'private_secret_key'> & KeyPair;
export type ShownKey = Omit<ApiKeyResponse, never>;

/** A key made through the API by the organization's first one, and a client that sends it. */
export async function makeKey(
  service: TestApp,
  { client }: Pick<TestOrganization, 'client'>,
  body: Record<string, unknown> = {},
): Promise<{ key: MadeKey; client: Client; path: string }> {
  const answer = await client.post<MadeKey>(KEYS, { name: 'Made for a test', ...body });
  if (answer.status !== 201) throw new Error(answer.text);
  return {
    key: answer.body,
    client: Client.with(service, answer.body),
    path: `${KEYS}/${answer.body.id}`,
  };
}
