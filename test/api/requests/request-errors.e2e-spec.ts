import { describe, expect, it } from '@jest/globals';
import { gzipSync } from 'node:zlib';
import { request as send, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { json } from 'node:stream/consumers';
import request from 'supertest';
import type { ProblemBody } from '../../../src/common/errors/problem.js';
import { newUser } from '../../support/factories/organization.js';
import { keyHeaders, outcomeOf } from '../../support/client.js';
import { API_KEYS, AUDIT_EVENTS, ROLES, UNKNOWN_ID, USERS } from '../../support/paths.js';
import { RawConnection } from '../../support/raw-connection.js';
import { useService } from '../../support/use-service.js';

const { service, acme } = useService();

describe('A malformed request', () => {
  /** Sends bytes unchanged; supertest would send a buffer as JSON. */
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
    ['truncated', '{"email":'],
    ['an array', '[]'],
    ['a string', '"x"'],
    ['a number', '1'],
    ['null', 'null'],
    ['empty', ''],
    ['white space', '  '],
    ['with a comment', '{} // x'],
    ['single-quoted', "{'email': 1}"],
    ['form data', 'email=x'],
    ['two objects', '{}{}'],
  ])('with a body that is %s returns 400 INVALID_JSON', async (_what, body) => {
    expect(outcomeOf(await acme.client.post(USERS, body))).toEqual([400, 'INVALID_JSON']);
  });

  it('with a body that is not UTF-8 returns 400 INVALID_JSON', async () => {
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
  ])('with the Content-Type %s returns 415 UNSUPPORTED_MEDIA_TYPE', async (type) => {
    expect(
      outcomeOf(await acme.client.post(USERS, JSON.stringify(newUser(acme)), { 'Content-Type': type })),
    ).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
  });

  it('without a Content-Type returns 415 UNSUPPORTED_MEDIA_TYPE', async () => {
    const { port } = service.server.address() as AddressInfo;
    const answer = await fetch(`http://127.0.0.1:${String(port)}${USERS}`, {
      method: 'POST',
      headers: keyHeaders(acme.keys),
      body: new Blob([JSON.stringify(newUser(acme))]), // of no type
    });
    expect(answer.status).toBe(415);
  });

  it('with a charset in quotes and upper case is accepted', async () => {
    const answer = await acme.client.post(USERS, JSON.stringify(newUser(acme)), {
      'Content-Type': 'application/json;charset="UTF-8"',
    });
    expect(answer.status).toBe(201);
  });

  it('with hundreds of thousands of errors in its body returns 400 with 500 of them', async () => {
    const lists = Object.fromEntries(
      Array.from({ length: 100 }, (_, n) => [`k${String(n)}`, Array(500).fill([])]),
    );
    const answer = await acme.client.post(USERS, { a: lists, b: lists, c: lists, d: lists });
    expect([answer.status, answer.body.errors.length]).toEqual([400, 500]);
    expect(answer.text.length).toBeLessThan(200_000);
  });

  it('with an unknown Content-Encoding returns 415 UNSUPPORTED_MEDIA_TYPE', async () => {
    const answer = await acme.client.post(USERS, newUser(acme), { 'Content-Encoding': 'zstandard' });
    expect(answer.status).toBe(415);
  });

  it('with a body over 1 MB returns 413 PAYLOAD_TOO_LARGE', async () => {
    expect(outcomeOf(await acme.client.post(USERS, { email: 'x'.repeat(1_050_000) }))).toEqual([
      413,
      'PAYLOAD_TOO_LARGE',
    ]);
  });

  it('with a body over 1 MB after decompression returns 413 PAYLOAD_TOO_LARGE', async () => {
    const body = gzipSync(Buffer.alloc(50_000_000, 'x'));
    expect(await post(body, { 'Content-Encoding': 'gzip' })).toEqual({
      status: 413,
      code: 'PAYLOAD_TOO_LARGE',
    });
  });

  it('with an invalid gzip body returns 400', async () => {
    expect(await post(Buffer.from('not gzip'), { 'Content-Encoding': 'gzip' })).toMatchObject({
      status: 400,
    });
  });

  it('without keys returns 401 before the body is read', async () => {
    const answer = await request(service.server)
      .post(USERS)
      .set('Content-Type', 'application/json')
      .send('{');
    expect(answer.status).toBe(401);
  });

  it('with an unknown path returns 404 NOT_FOUND', async () => {
    for (const path of ['/', '/v1', '/v1/nothing', '/v2/organizations/users', '/v1/organizations//users']) {
      const answer = await acme.client.get(path);
      expect([path, answer.status, answer.body.code]).toEqual([path, 404, 'NOT_FOUND']);
    }
  });

  it.each([
    ['DELETE', ROLES, 'GET, HEAD, POST'],
    ['PUT', USERS, 'GET, HEAD, POST'],
    ['POST', `${USERS}/${UNKNOWN_ID}`, 'DELETE, GET, HEAD, PATCH'],
    ['PUT', `${API_KEYS}/${UNKNOWN_ID}`, 'DELETE, GET, HEAD, PATCH'],
    ['GET', `${API_KEYS}/${UNKNOWN_ID}/rotate`, 'POST'],
    ['OPTIONS', USERS, 'GET, HEAD, POST'],
    ['DELETE', AUDIT_EVENTS, 'GET, HEAD'],
    ['POST', `${AUDIT_EVENTS}/export`, 'GET, HEAD'],
    ['POST', '/health/live', 'GET, HEAD'],
  ])('%s %s returns 405 with Allow: %s', async (method, path, allow) => {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const { port } = service.server.address() as AddressInfo;
      send({ port, path, method, headers: keyHeaders(acme.keys) }, resolve)
        .on('error', reject)
        .end();
    });
    answer.resume();
    expect([answer.statusCode, answer.headers.allow]).toEqual([405, allow]);
  });

  it('with an invalid absolute URL returns 404 NOT_FOUND', async () => {
    const connection = await RawConnection.to(service.server);
    connection.send('GET http://[/v1/organizations HTTP/1.1\r\nHost: a\r\nX-Request-Id: odd\r\n\r\n');
    await connection.untilReceived('NOT_FOUND');
    expect(connection.received).toMatch(
      /^HTTP\/1\.1 404 [^]*application\/problem\+json[^]*"request_id":"odd"/,
    );
    await connection.abort();
  });

  it('with an absolute URL, as sent to a proxy, is answered by its path', async () => {
    const connection = await RawConnection.to(service.server);
    connection.send('GET http://a.example/health/live HTTP/1.1\r\nHost: a\r\n\r\n');
    await connection.untilReceived('\r\n\r\n');
    expect(connection.received).toMatch(/^HTTP\/1\.1 200 /);
    await connection.abort();
  });

  it('that is not HTTP returns 400, and the service continues', async () => {
    const { port } = service.server.address() as AddressInfo;
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => socket.end('\u0000\u0001 nonsense\r\n\r\n'));
      socket.once('data', (data) => {
        resolve(data.toString());
      });
      socket.once('error', reject);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect((await acme.client.get(ROLES)).status).toBe(200);
  });
});

describe('Every response', () => {
  it('has the X-Request-Id of the request if it is valid', async () => {
    const answer = await request(service.server).get(ROLES).set('X-Request-Id', 'abc-123');
    expect(answer.headers['x-request-id']).toBe('abc-123');
    expect(answer.body).toMatchObject({ request_id: 'abc-123' });
  });

  it.each(['', 'with space', 'x'.repeat(129), '<script>', 'ä'])(
    'has a new X-Request-Id instead of the invalid %j',
    async (id) => {
      const answer = await request(service.server)
        .get('/health/live')
        .set('X-Request-Id', Buffer.from(id).toString('latin1'));
      expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    },
  );

  it.each([ROLES, '/V1/organizations/roles', '/v1'])(
    'has security headers and Cache-Control: no-store, and no X-Powered-By: %s',
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

  it('with an error links to its description at /errors', async () => {
    const answer = await request(service.server).get(ROLES);
    const [path, anchor] = (answer.body as ProblemBody).type.split('#');
    const page = await request(service.server).get(String(path));
    expect(page.status).toBe(200);
    expect(page.text).toContain(`id="${String(anchor)}"`);
  });
});
