import { describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { createApiKey, type CreatedApiKey } from '../../support/factories/api-key.js';
import { keyHeaders, outcomeOf } from '../../support/client.js';
import { CATALOG } from '../../support/paths.js';
import { useService } from '../../support/use-service.js';

const { service, acme } = useService({ settings: { TRUST_PROXY: 1 } });

describe('allowed_ips of an API key', () => {
  const from = async (key: CreatedApiKey, address?: string): Promise<unknown[]> =>
    outcomeOf(
      await request(service.server)
        .get(CATALOG)
        .set(keyHeaders(key))
        .set(address === undefined ? {} : { 'X-Forwarded-For': address }),
    );

  it('accepts requests from these addresses only (403 IP_NOT_ALLOWED)', async () => {
    const { key } = await createApiKey(service, acme, { allowed_ips: ['192.0.2.0/24', '2001:db8::/32'] });
    expect(await from(key, '192.0.2.200')).toEqual([200, undefined]);
    expect(await from(key, '2001:db8::7')).toEqual([200, undefined]);
    expect(await from(key, '::ffff:192.0.2.1')).toEqual([200, undefined]);
    expect(await from(key, '198.51.100.1')).toEqual([403, 'IP_NOT_ALLOWED']);
    expect(await from(key)).toEqual([403, 'IP_NOT_ALLOWED']);
  });

  it('uses the address that the trusted proxy appended to X-Forwarded-For', async () => {
    const { key } = await createApiKey(service, acme, { allowed_ips: ['192.0.2.1'] });
    expect(await from(key, '192.0.2.1, 198.51.100.1')).toEqual([403, 'IP_NOT_ALLOWED']);
    expect(await from(key, '198.51.100.1, 192.0.2.1')).toEqual([200, undefined]);
  });

  it('returns 401 for a wrong secret from any address', async () => {
    const { key } = await createApiKey(service, acme, { allowed_ips: ['192.0.2.1'] });
    const wrongPair = { ...key, private_secret_key: acme.keys.private_secret_key };
    expect(await from(wrongPair)).toEqual([401, 'INVALID_CREDENTIALS']);
  });
});
