import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { gzipSync } from 'node:zlib';
import { request as send, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { json } from 'node:stream/consumers';
import request from 'supertest';
import type { ProblemBody } from '../../../src/common/errors/problem.js';
import { createOrganization, newUser, type TestOrganization } from '../../support/factories/organization.js';
import { startApp, type TestApp } from '../../support/app.js';
import { keyHeaders } from '../../support/client.js';
import { RawConnection } from '../../support/raw-connection.js';

const USERS = '/v1/organizations/users';

describe('A request that cannot be read', () => {
  let service: TestApp;
  let acme: TestOrganization;

  beforeAll(async () => {
    service = await startApp();
    acme = await createOrganization(service);
  });
  afterAll(() => service.close());

  /** Bytes as they are; supertest would turn a buffer into JSON. */
  const post = (
    body: Buffer,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; code: string }> =>
    new Promise((resolve, reject) => {
      const { port } = service.server.address() as AddressInfo;
      const sent = send({
        port,
        path: USERS,
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...keyHeaders(acme.keys), ...headers },
      });
      sent.on('error', reject).on('response', (answer) => {
        json(answer).then((problem) => {
          resolve({ status: answer.statusCode ?? 0, code: (problem as ProblemBody).code });
        }, reject);
      });
      sent.end(body);
    });

  it.each([
    ['cut off', '{"email":'],
    ['an array', '[]'],
    ['a text', '"x"'],
    ['a number', '1'],
    ['null', 'null'],
    ['empty', ''],
    ['white space', '  '],
    ['with a comment', '{} // x'],
    ['single-quoted', "{'email': 1}"],
    ['form data', 'email=x'],
    ['two objects', '{}{}'],
  ])('whose body is %s: 400 INVALID_JSON', async (_what, body) => {
    const answer = await acme.client.post(USERS, body);
    expect(answer.status).toBe(400);
    expect(answer.body.code).toBe('INVALID_JSON');
  });

  it('whose body is not UTF-8: 400 INVALID_JSON', async () => {
    const body = Buffer.concat([
      Buffer.from('{"first_name":"'),
      Buffer.from([0xc3, 0x28]),
      Buffer.from('"}'),
    ]);
    expect(await post(body)).toEqual({ status: 400, code: 'INVALID_JSON' });
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/xml',
    'nonsense',
    'application/json; charset=latin1',
    'application/json; charset=utf-16le',
    'application/json; charset="UTF-16"',
  ])('whose content type is %s: 415 UNSUPPORTED_MEDIA_TYPE', async (type) => {
    const answer = await acme.client.post(USERS, JSON.stringify(newUser(acme)), { 'Content-Type': type });
    expect(answer.status).toBe(415);
    expect(answer.body.code).toBe('UNSUPPORTED_MEDIA_TYPE');
  });

  it('whose content type is not told: 415 UNSUPPORTED_MEDIA_TYPE', async () => {
    const { port } = service.server.address() as AddressInfo;
    const answer = await fetch(`http://127.0.0.1:${String(port)}${USERS}`, {
      method: 'POST',
      headers: keyHeaders(acme.keys),
      body: new Blob([JSON.stringify(newUser(acme))]), // of no type
    });
    expect(answer.status).toBe(415);
  });

  it('whose content type says UTF-8 in quotes and capitals: 201', async () => {
    const answer = await acme.client.post(USERS, JSON.stringify(newUser(acme)), {
      'Content-Type': 'application/json;charset="UTF-8"',
    });
    expect(answer.status).toBe(201);
  });

  it('with hundreds of thousands of errors in its body: 400, and some of them', async () => {
    const lists = Object.fromEntries(
      Array.from({ length: 100 }, (_, n) => [`k${String(n)}`, Array(500).fill([])]),
    );
    const answer = await acme.client.post(USERS, { a: lists, b: lists, c: lists, d: lists });
    expect([answer.status, answer.body.errors.length]).toEqual([400, 500]);
    expect(answer.text.length).toBeLessThan(200_000);
  });

  it('whose content encoding is unknown: 415 UNSUPPORTED_MEDIA_TYPE', async () => {
    const answer = await acme.client.post(USERS, newUser(acme), { 'Content-Encoding': 'zstandard' });
    expect(answer.status).toBe(415);
  });

  it('whose body is larger than 1 MB: 413 PAYLOAD_TOO_LARGE', async () => {
    const answer = await acme.client.post(USERS, { email: 'x'.repeat(1_050_000) });
    expect(answer.status).toBe(413);
    expect(answer.body.code).toBe('PAYLOAD_TOO_LARGE');
  });

  it('whose body is larger than 1 MB once unpacked: 413 PAYLOAD_TOO_LARGE', async () => {
    const body = gzipSync(Buffer.alloc(50_000_000, 'x'));
    expect(await post(body, { 'Content-Encoding': 'gzip' })).toEqual({
      status: 413,
      code: 'PAYLOAD_TOO_LARGE',
    });
  });

  it('whose packed body is broken: 400', async () => {
    expect(await post(Buffer.from('not gzip'), { 'Content-Encoding': 'gzip' })).toMatchObject({
      status: 400,
    });
  });

  it('is refused for its keys before its body is looked at', async () => {
    const answer = await request(service.server)
      .post(USERS)
      .set('Content-Type', 'application/json')
      .send('{');
    expect(answer.status).toBe(401);
  });

  it('for a path that no route has: 404 NOT_FOUND', async () => {
    for (const path of ['/', '/v1', '/v1/nothing', '/v2/organizations/users', '/v1/organizations//users']) {
      const answer = await acme.client.get(path);
      expect([path, answer.status, answer.body.code]).toEqual([path, 404, 'NOT_FOUND']);
    }
  });

  it.each([
    ['DELETE', '/v1/organizations/roles', 'GET, HEAD, POST'],
    ['PUT', USERS, 'GET, HEAD, POST'],
    ['POST', `${USERS}/01a20876-c273-76f4-a413-5eb48530caff`, 'DELETE, GET, HEAD, PATCH'],
    ['PUT', '/v1/organizations/api-keys/01a20876-c273-76f4-a413-5eb48530caff', 'DELETE, GET, HEAD, PATCH'],
    ['GET', '/v1/organizations/api-keys/01a20876-c273-76f4-a413-5eb48530caff/rotate', 'POST'],
    ['OPTIONS', USERS, 'GET, HEAD, POST'],
    ['DELETE', '/v1/organizations/audit-events', 'GET, HEAD'],
    ['POST', '/v1/organizations/audit-events/export', 'GET, HEAD'],
    ['POST', '/health/live', 'GET, HEAD'],
  ])('%s %s, a method that the path does not have: 405 with Allow: %s', async (method, path, allow) => {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const { port } = service.server.address() as AddressInfo;
      send({ port, path, method, headers: keyHeaders(acme.keys) }, resolve)
        .on('error', reject)
        .end();
    });
    answer.resume();
    expect([answer.statusCode, answer.headers.allow]).toEqual([405, allow]);
  });

  it('which names a URL that is none: 404 NOT_FOUND, as any other problem', async () => {
    const connection = await RawConnection.to(service.server);
    connection.send('GET http://[/v1/organizations HTTP/1.1\r\nHost: a\r\nX-Request-Id: odd\r\n\r\n');
    await connection.untilReceived('NOT_FOUND');
    expect(connection.received).toMatch(
      /^HTTP\/1\.1 404 [^]*application\/problem\+json[^]*"request_id":"odd"/,
    );
    await connection.abort();
  });

  it('which names its whole URL, as to a proxy, is answered as by its path', async () => {
    const connection = await RawConnection.to(service.server);
    connection.send('GET http://a.example/health/live HTTP/1.1\r\nHost: a\r\n\r\n');
    await connection.untilReceived('\r\n\r\n');
    expect(connection.received).toMatch(/^HTTP\/1\.1 200 /);
    await connection.abort();
  });

  it('which is no HTTP at all: 400, and the service goes on', async () => {
    const { port } = service.server.address() as AddressInfo;
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => socket.end('\u0000\u0001 nonsense\r\n\r\n'));
      socket.once('data', (data) => {
        resolve(data.toString());
      });
      socket.once('error', reject);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect((await acme.client.get('/v1/organizations/roles')).status).toBe(200);
  });
});

describe('Every answer', () => {
  let service: TestApp;

  beforeAll(async () => {
    service = await startApp();
  });
  afterAll(() => service.close());

  it('carries the request id of the caller where it is short and plain', async () => {
    const answer = await request(service.server)
      .get('/v1/organizations/roles')
      .set('X-Request-Id', 'abc-123');
    expect(answer.headers['x-request-id']).toBe('abc-123');
    expect(answer.body).toMatchObject({ request_id: 'abc-123' });
  });

  it.each(['', 'with space', 'x'.repeat(129), '<script>', 'ä'])(
    'carries a new request id instead of %j',
    async (id) => {
      const answer = await request(service.server)
        .get('/health/live')
        .set('X-Request-Id', Buffer.from(id).toString('latin1'));
      expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    },
  );

  it.each(['/v1/organizations/roles', '/V1/organizations/roles', '/v1'])(
    'says nothing of what serves it, is kept by no cache and shown by no browser: %s',
    async (path) => {
      const answer = await request(service.server).get(path);
      expect(answer.headers).not.toHaveProperty('x-powered-by');
      expect(answer.headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'content-security-policy': "default-src 'none';frame-ancestors 'none'",
        'strict-transport-security': 'max-age=31536000; includeSubDomains',
        'x-frame-options': 'SAMEORIGIN',
        'cache-control': 'no-store',
      });
    },
  );

  it('of an error points to a page that explains it', async () => {
    const answer = await request(service.server).get('/v1/organizations/roles');
    const [path, anchor] = (answer.body as ProblemBody).type.split('#');
    const page = await request(service.server).get(String(path));
    expect(page.status).toBe(200);
    expect(page.text).toContain(`id="${String(anchor)}"`);
  });
});
