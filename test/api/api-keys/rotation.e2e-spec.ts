import { describe, expect, it } from '@jest/globals';
import { createApiKey, type CreatedApiKey } from '../../support/factories/api-key.js';
import { Client, outcomeOf, statusOf, untilStatus } from '../../support/client.js';
import { useService } from '../../support/use-service.js';

const { service, acme } = useService();

describe('Rotate API Key (POST /v1/organizations/api-keys/{api_key_id}/rotate)', () => {
  const rotate = (path: string, body: object = {}): ReturnType<typeof acme.client.post<CreatedApiKey>> =>
    acme.client.post<CreatedApiKey>(`${path}/rotate`, body);

  it('returns a new secret for the same public key and ends the old secret', async () => {
    const { key, client, path } = await createApiKey(service, acme);
    const { status, body, headers } = await rotate(path);
    expect([status, body.public_api_key]).toEqual([200, key.public_api_key]);
    expect(body.private_secret_key).toMatch(/^sk_/);
    expect(body.private_secret_key).not.toBe(key.private_secret_key);
    await untilStatus(client, 401);
    expect(await statusOf(Client.with(service, body))).toBe(200);
    expect((await acme.client.get(path)).headers['etag']).toBe(headers['etag']);
  });

  it('keeps the old secret valid during overlap_seconds only', async () => {
    const { client, path } = await createApiKey(service, acme);
    const { body } = await rotate(path, { overlap_seconds: 3600 });
    expect(await statusOf(Client.with(service, body))).toBe(200);
    expect(await statusOf(client)).toBe(200);
    await service.dataSource.query('UPDATE api_keys SET previous_secret_until = now() WHERE id = $1', [
      body.id,
    ]);
    await untilStatus(client, 401);
    expect(await statusOf(Client.with(service, body))).toBe(200);
  });

  it('stores the overlap in seconds', async () => {
    const { key, path } = await createApiKey(service, acme);
    await rotate(path, { overlap_seconds: 604_800 });
    const [row]: { seconds: number }[] = await service.dataSource.query(
      `SELECT round(extract(epoch FROM previous_secret_until - updated_at))::int AS seconds
       FROM api_keys WHERE id = $1`,
      [key.id],
    );
    expect(row?.seconds).toBe(604_800);
  });

  it('keeps only the last secret when rotated twice with overlap', async () => {
    const { client, path } = await createApiKey(service, acme);
    const second = await rotate(path, { overlap_seconds: 3600 });
    await rotate(path, { overlap_seconds: 3600 });
    await untilStatus(client, 401);
    expect(await statusOf(Client.with(service, second.body))).toBe(200);
  });

  it('without overlap_seconds ends an overlap that has begun', async () => {
    const { client, path } = await createApiKey(service, acme);
    await rotate(path, { overlap_seconds: 3600 });
    await rotate(path);
    await untilStatus(client, 401);
  });

  it.each([
    [-1, 'INVALID_VALUE'],
    [604_801, 'INVALID_VALUE'],
    [1.5, 'INVALID_VALUE'],
    ['60', 'INVALID_TYPE'],
    [null, 'INVALID_TYPE'],
  ])('returns 400 for the overlap_seconds %j', async (overlap_seconds, code) => {
    const { path } = await createApiKey(service, acme);
    const { status, body } = await acme.client.post(`${path}/rotate`, { overlap_seconds });
    expect([status, body.errors]).toMatchObject([400, [{ field: 'overlap_seconds', code }]]);
  });

  it('with dry_run returns no secret and keeps the current one', async () => {
    const { client, path } = await createApiKey(service, acme);
    const { status, body } = await acme.client.post<CreatedApiKey>(`${path}/rotate?dry_run=true`, {});
    expect(status).toBe(200);
    expect(body).not.toHaveProperty('private_secret_key');
    expect(await statusOf(client)).toBe(200);
  });

  it('returns 412 PRECONDITION_FAILED for an outdated If-Match', async () => {
    const { path } = await createApiKey(service, acme);
    const { headers } = await acme.client.get(path);
    const condition = { 'If-Match': String(headers['etag']) };
    expect((await acme.client.post(`${path}/rotate`, {}, condition)).status).toBe(200);
    expect(outcomeOf(await acme.client.post(`${path}/rotate`, {}, condition))).toEqual([
      412,
      'PRECONDITION_FAILED',
    ]);
  });
});
