import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify, SignJWT } from 'jose';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { DataSource } from 'typeorm';
import type { AddressInfo } from 'node:net';
import type { TokenResponse } from '../../../src/embed-tokens/dto/create-token.dto.js';
import type { IntrospectionResponse } from '../../../src/embed-tokens/dto/introspect-token.dto.js';
import type {
  SigningKeyResponse,
  SigningKeysResponse,
} from '../../../src/signing/dto/signing-keys.response.js';
import { SigningKeysService } from '../../../src/signing/signing-keys.service.js';
import type { UserResponse } from '../../../src/users/dto/user.response.js';
import { createUser, type TestOrganization } from '../../support/factories/organization.js';
import { startApp, type TestApp } from '../../support/app.js';
import { Client, type Answer, outcomeOf, refusalOf } from '../../support/client.js';
import { AUTHENTICATE, INTROSPECT, JWKS, UNKNOWN_ID, USERS } from '../../support/paths.js';
import { useService } from '../../support/use-service.js';
import { propertyRuns } from '../../support/property-runs.js';

const ISSUER = 'https://tenantry.example.com';
const AUDIENCE = 'https://shop.example.com';
const DAY = 86_400;

const { service, acme, other } = useService({
  settings: { PUBLIC_URL: ISSUER, TOKEN_AUDIENCE: AUDIENCE },
  organizations: ['acme', 'other'],
});
let user: UserResponse;

beforeAll(async () => {
  user = await createUser(acme);
});

const tokenOf = async ({ client }: TestOrganization, { id }: { id: string }): Promise<string> =>
  (await client.post<TokenResponse>(AUTHENTICATE, { user_id: id })).body.access_token;
const introspect = (
  token: unknown,
  { client }: TestOrganization = acme,
): Promise<Answer<IntrospectionResponse>> => client.post<IntrospectionResponse>(INTROSPECT, { token });
const isActive = async (token: string): Promise<boolean> => {
  const answer = await introspect(token);
  expect(answer.status).toBe(200);
  return answer.body.active;
};
const originOf = ({ server }: TestApp): string =>
  `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
const now = (): number => Math.floor(Date.now() / 1000);

describe('Authenticate White-Label User (POST /v1/organizations/authenticate)', () => {
  it('returns a bearer token that is valid for a day', async () => {
    const answer = await acme.client.post<TokenResponse>(AUTHENTICATE, { user_id: user.id });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      token_type: 'Bearer',
      expires_in: DAY,
    });
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it('returns a token that can be verified with the published keys', async () => {
    const keys = createRemoteJWKSet(new URL(originOf(service) + JWKS));
    const token = await tokenOf(acme, user);
    const { payload } = await jwtVerify(token, keys, { issuer: ISSUER, audience: AUDIENCE });
    expect(payload.sub).toBe(user.id);
  });

  it('returns a token with issuer, audience, user, organization, times and id', async () => {
    const claims = decodeJwt(await tokenOf(acme, user));
    expect(claims).toEqual({
      iss: ISSUER,
      aud: AUDIENCE,
      sub: user.id,
      org: acme.id,
      iat: expect.any(Number),
      exp: Number(claims.iat) + DAY,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(Math.abs(now() - Number(claims.iat))).toBeLessThan(60);
  });

  it('signs with ES256 and sets kid', async () => {
    expect(decodeProtectedHeader(await tokenOf(acme, user))).toEqual({
      alg: 'ES256',
      typ: 'JWT',
      kid: expect.stringMatching(/^[\w-]{43}$/),
    });
  });

  it('returns another token each time', async () => {
    expect(await tokenOf(acme, user)).not.toBe(await tokenOf(acme, user));
  });

  it('accepts the id in upper case and sets sub in lower case', async () => {
    const token = await tokenOf(acme, { id: user.id.toUpperCase() });
    expect(decodeJwt(token).sub).toBe(user.id);
  });

  it('returns the same 401 LOGIN_FAILED for an unknown user as for a foreign one', async () => {
    const foreign = await createUser(other);
    const answers = await Promise.all(
      [foreign.id, UNKNOWN_ID].map((user_id) => acme.client.post(AUTHENTICATE, { user_id })),
    );
    expect(answers.map(({ status, body }) => [status, body.code])).toEqual([
      [401, 'LOGIN_FAILED'],
      [401, 'LOGIN_FAILED'],
    ]);
    const [first, second] = answers.map(({ body: { request_id: _, ...rest } }) => rest);
    expect(first).toEqual(second);
  });

  it('returns 401 LOGIN_FAILED for a deleted user', async () => {
    const deleted = await createUser(acme);
    await acme.client.delete(`${USERS}/${deleted.id}`);
    expect(outcomeOf(await acme.client.post(AUTHENTICATE, { user_id: deleted.id }))).toEqual([
      401,
      'LOGIN_FAILED',
    ]);
  });

  it.each([
    [{}, ['user_id REQUIRED']],
    [{ user_id: null }, ['user_id INVALID_TYPE']],
    [{ user_id: 5 }, ['user_id INVALID_TYPE']],
    [{ user_id: 'me' }, ['user_id INVALID_UUID']],
    [{ user_id: UNKNOWN_ID, org: UNKNOWN_ID }, ['org UNKNOWN_PROPERTY']],
  ])('returns 400 for %j', async (body, errors) => {
    const answer = await acme.client.post(AUTHENTICATE, body);
    expect([answer.status, answer.body.code]).toEqual([400, 'VALIDATION_ERROR']);
    expect(answer.body.errors.map(({ field, code }) => `${field} ${code}`)).toEqual(errors);
  });

  it('returns 401 without keys', async () => {
    expect(outcomeOf(await new Client(service).post(AUTHENTICATE, { user_id: user.id }))).toEqual([
      401,
      'INVALID_CREDENTIALS',
    ]);
  });
});

describe('Introspect Token (POST /v1/organizations/introspect)', () => {
  it('returns the claims of an active token', async () => {
    const token = await tokenOf(acme, user);
    const answer = await introspect(token);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ active: true, token_type: 'Bearer', ...decodeJwt(token) });
  });

  it('returns active: false as soon as the user is deleted', async () => {
    const deleted = await createUser(acme);
    const token = await tokenOf(acme, deleted);
    expect(await isActive(token)).toBe(true);
    await acme.client.delete(`${USERS}/${deleted.id}`);
    expect((await introspect(token)).body).toEqual({ active: false });
  });

  it("returns active: false for another organization's token", async () => {
    const token = await tokenOf(acme, user);
    expect((await introspect(token, other)).body).toEqual({ active: false });
  });

  it.each(['', ' ', 'nonsense', 'a.b.c', '..', '\u0000', '\ud800', 'x'.repeat(100_000), 'ey.ey.ey'])(
    'returns active: false for the invalid token %j',
    async (token) => {
      const answer = await introspect(token);
      expect([answer.status, answer.body]).toEqual([200, { active: false }]);
    },
  );

  it('returns active: false for random tokens', async () => {
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const header = fc.record(
      {
        alg: fc.constantFrom('ES256', 'none', 'HS256', 'EdDSA', 5, null),
        kid: fc.oneof(fc.string(), fc.jsonValue()),
        typ: fc.constantFrom('JWT', 'jose', 5),
        crit: fc.jsonValue(),
        b64: fc.boolean(),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(header, fc.jsonValue(), fc.base64String(), async (first, second, third) => {
        const answer = await introspect(`${part(first)}.${part(second)}.${third}`);
        expect([answer.status, answer.body]).toEqual([200, { active: false }]);
      }),
      { numRuns: propertyRuns(40) },
    );
  });

  it.each([
    [{}, ['token REQUIRED']],
    [{ token: null }, ['token INVALID_TYPE']],
    [{ token: ['x'] }, ['token INVALID_TYPE']],
    [{ token: 'x', hint: 'x' }, ['hint UNKNOWN_PROPERTY']],
  ])('returns 400 for %j', async (body, errors) => {
    expect(refusalOf(await acme.client.post(INTROSPECT, body))).toEqual([400, ...errors]);
  });

  it('returns 401 without keys', async () => {
    const answer = await new Client(service).post(INTROSPECT, { token: await tokenOf(acme, user) });
    expect(answer.status).toBe(401);
  });
});

describe("Introspect Token with one invalid claim, signed by the service's key,", () => {
  /** Claims that are right but for the changes, signed by the service. */
  const signed = async (changes: Record<string, unknown>, typ = 'JWT'): Promise<string> => {
    const claims = { ...decodeJwt(await tokenOf(acme, user)), ...changes };
    return service.app.get(SigningKeysService).sign(typ, claims);
  };

  it('returns active: true without the invalid claim', async () => {
    expect(await isActive(await signed({}))).toBe(true);
  });

  it.each([
    ['is expired', { exp: now() }],
    ['has another issuer', { iss: 'https://elsewhere.example.com' }],
    ['has another audience', { aud: 'https://elsewhere.example.com' }],
    ['has an audience that starts with the right one', { aud: `${AUDIENCE}.evil.example.com` }],
    ['names another organization', { org: UNKNOWN_ID }],
    ['names an unknown user', { sub: UNKNOWN_ID }],
    ['never expires', { exp: undefined }],
    ['has no id', { jti: undefined }],
    ['is not valid yet', { nbf: now() + 60 }],
  ])('returns active: false if the token %s', async (_what, changes) => {
    expect((await introspect(await signed(changes))).body).toEqual({ active: false });
  });

  it('returns active: false for another token type', async () => {
    expect(await isActive(await signed({}, 'audit+jwt'))).toBe(false);
  });
});

describe('Introspect Token with a forged token returns active: false', () => {
  const publicJwk = async (): Promise<SigningKeyResponse> => {
    const { body } = await new Client(service).get<SigningKeysResponse>(JWKS);
    const [key] = body.keys;
    if (key === undefined) throw new Error('no key is published');
    return key;
  };
  const forgery = async (header: { alg: string; kid?: string }): Promise<SignJWT> =>
    new SignJWT(decodeJwt(await tokenOf(acme, user))).setProtectedHeader({ typ: 'JWT', ...header });

  it('for another key with the same kid', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { kid } = await publicJwk();
    const token = await (await forgery({ alg: 'ES256', kid })).sign(privateKey);
    expect((await introspect(token)).body).toEqual({ active: false });
  });

  it('for another key in the jwk header', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { kid } = await publicJwk();
    const header = { alg: 'ES256', kid, jwk: publicKey.export({ format: 'jwk' }) };
    const token = await (await forgery(header)).sign(privateKey);
    expect(await isActive(token)).toBe(false);
  });

  it('for HS256 with the public key as secret', async () => {
    const jwk = await publicJwk();
    const key = createPublicKey({ key: Object.fromEntries(Object.entries(jwk)), format: 'jwk' });
    for (const secret of [
      key.export({ type: 'spki', format: 'pem' }),
      key.export({ type: 'spki', format: 'der' }),
      JSON.stringify(jwk),
    ]) {
      const token = await (await forgery({ alg: 'HS256', kid: jwk.kid })).sign(Buffer.from(secret));
      expect(await isActive(token)).toBe(false);
    }
  });

  it.each(['none', 'None', 'NONE', ''])('without a signature, for the algorithm %j', async (alg) => {
    const claims = (await tokenOf(acme, user)).split('.')[1];
    const { kid } = await publicJwk();
    const header = Buffer.from(JSON.stringify({ alg, kid, typ: 'JWT' })).toString('base64url');
    expect(await isActive(`${header}.${String(claims)}.`)).toBe(false);
  });

  it('for a changed claim', async () => {
    const [header, , signature] = (await tokenOf(acme, user)).split('.');
    const victim = await createUser(acme);
    const claims = { ...decodeJwt(await tokenOf(acme, user)), sub: victim.id };
    const changed = Buffer.from(JSON.stringify(claims)).toString('base64url');
    expect(await isActive(`${String(header)}.${changed}.${String(signature)}`)).toBe(false);
  });

  it('for unknown kids, with few queries for many of them', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const tokens = await Promise.all(
      Array.from({ length: 60 }, async (_, n) =>
        (await forgery({ alg: 'ES256', kid: `unknown-${String(n)}` })).sign(privateKey),
      ),
    );
    const queries = jest.spyOn(service.app.get(DataSource), 'query');
    const began = performance.now();
    const answers = await Promise.all(tokens.map((token) => introspect(token)));
    const seconds = (performance.now() - began) / 1000;
    const looks = queries.mock.calls.filter(([statement]) => statement.includes('signing_keys'));
    queries.mockRestore();
    expect(answers.filter(({ body }) => body.active)).toEqual([]);
    expect(looks.length).toBeLessThanOrEqual(3 + 6 * seconds);
  });
});

describe('List Signing Keys (GET /.well-known/jwks.json)', () => {
  const keys = async (): Promise<Answer<SigningKeysResponse>> =>
    new Client(service).get<SigningKeysResponse>(JWKS);

  it('returns the public keys without authentication, and nothing private', async () => {
    const { kid } = decodeProtectedHeader(await tokenOf(acme, user));
    const answer = await keys();
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      keys: [
        {
          kty: 'EC',
          crv: 'P-256',
          x: expect.any(String),
          y: expect.any(String),
          kid,
          alg: 'ES256',
          use: 'sig',
        },
      ],
    });
  });

  it('returns Cache-Control of one minute', async () => {
    expect((await keys()).headers['cache-control']).toBe('public, max-age=60');
  });

  it('returns an empty list before the first token, and creates no key', async () => {
    const fresh = await startApp();
    const answer = await new Client(fresh).get<SigningKeysResponse>(JWKS);
    expect(answer.body).toEqual({ keys: [] });
    expect(await fresh.dataSource.query('SELECT kid FROM signing_keys')).toEqual([]);
    await fresh.close();
  });

  it('queries the database a few times a second at most', async () => {
    const queries = jest.spyOn(service.app.get(DataSource), 'query');
    const began = performance.now();
    await Promise.all(Array.from({ length: 60 }, keys));
    const seconds = (performance.now() - began) / 1000;
    expect(queries.mock.calls.length).toBeLessThanOrEqual(3 + 6 * seconds);
    queries.mockRestore();
  });
});

describe('The issuer of embed tokens', () => {
  it('is the address of the service, and also the audience, without PUBLIC_URL and TOKEN_AUDIENCE', async () => {
    const plain = await startApp({ HOST: '0.0.0.0', PORT: 0 }, service.database);
    const client = Client.with(plain, acme.keys);
    const { body } = await client.post<TokenResponse>(AUTHENTICATE, { user_id: user.id });
    const origin = originOf(plain);
    expect(decodeJwt(body.access_token)).toMatchObject({ iss: origin, aud: origin });
    await plain.close();
  });
});
