import { beforeAll, beforeEach } from '@jest/globals';
import { decodeProtectedHeader } from 'jose';
import type { TokenResponse } from '../../src/embed-tokens/dto/create-token.dto.js';
import type { IntrospectionResponse } from '../../src/embed-tokens/dto/introspect-token.dto.js';
import type { SigningKeysResponse } from '../../src/signing/dto/signing-keys.response.js';
import type { UserResponse } from '../../src/users/dto/user.response.js';
import type { TestApp } from './app.js';
import { Client } from './client.js';
import { createUser } from './factories/organization.js';
import { AUTHENTICATE, INTROSPECT, JWKS } from './paths.js';
import { useService, type UsedService } from './use-service.js';

export const ANOTHER_KEY = Buffer.alloc(32, 'another').toString('base64');

export const kidOf = (token: string): string => decodeProtectedHeader(token).kid ?? 'none';

interface UsedSigningKeys extends UsedService<'acme'> {
  replica: TestApp;
  user: UserResponse;
  tokenBy: (by: TestApp) => Promise<string>;
  isActiveAt: (by: TestApp, token: string) => Promise<boolean>;
  publishedBy: (by: TestApp) => Promise<string[]>;
  storedKids: () => Promise<string[]>;
}

/** Starts two replicas and creates a user to sign tokens for; deletes all signing keys before each test. */
export function useSigningKeys(): UsedSigningKeys {
  const { service, startReplica, acme } = useService();
  const [replica, user] = [{} as TestApp, {} as UserResponse];
  beforeAll(async () => {
    Object.assign(replica, await startReplica());
    Object.assign(user, await createUser(acme));
  });
  beforeEach(() => service.dataSource.query('DELETE FROM signing_keys'));

  const tokenBy = async (by: TestApp): Promise<string> => {
    const { body } = await Client.with(by, acme.keys).post<TokenResponse>(AUTHENTICATE, { user_id: user.id });
    return body.access_token;
  };
  const isActiveAt = async (by: TestApp, token: string): Promise<boolean> => {
    const { body } = await Client.with(by, acme.keys).post<IntrospectionResponse>(INTROSPECT, { token });
    return body.active;
  };
  const publishedBy = async (by: TestApp): Promise<string[]> => {
    const { body } = await new Client(by).get<SigningKeysResponse>(JWKS);
    return body.keys.map(({ kid }) => kid);
  };
  const storedKids = async (): Promise<string[]> => {
    const rows = await service.dataSource.query<{ kid: string }[]>(
      'SELECT kid FROM signing_keys ORDER BY created_at',
    );
    return rows.map(({ kid }) => kid);
  };
  return { service, startReplica, replica, acme, user, tokenBy, isActiveAt, publishedBy, storedKids };
}
