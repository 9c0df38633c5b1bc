import fc from 'fast-check';
import { connect } from 'node:net';

/** How long to wait for a response: the service refuses malformed requests at once. */
const READ_TIMEOUT_MS = 1500;

const PATH = '/v1/organizations/users';

/** Malformed and partial HTTP requests, and random bytes. */
export function rawRequests(keys: Record<string, string>): fc.Arbitrary<Buffer> {
  const headers = Object.entries(keys)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
  const garbage = fc.uint8Array({ maxLength: 3000 }).map((bytes) => Buffer.from(bytes));
  const text = fc.string({ unit: 'binary', maxLength: 200 });
  const post = (more: string, body: string): Buffer =>
    Buffer.from(`POST ${PATH} HTTP/1.1\r\nHost: x\r\n${headers}${more}\r\n${body}`);
  return fc.oneof(
    garbage,
    garbage.map((bytes) => Buffer.concat([post('Transfer-Encoding: chunked\r\n', ''), bytes])),
    fc
      .nat(400)
      .map((length) => post('Content-Length: 20\r\n', '{"email":"a@b.example"}').subarray(0, length)),
    fc.tuple(fc.integer(), text).map(([length, body]) => post(`Content-Length: ${String(length)}\r\n`, body)),
    fc
      .tuple(
        fc.nat().map((size) => size.toString(16)),
        text,
      )
      .map(([size, body]) => post('Transfer-Encoding: chunked\r\n', `${size}\r\n${body}\r\n`)),
    fc.constant(
      post('Content-Length: 3\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\nGET / HTTP/1.1\r\n\r\n'),
    ),
    fc.integer({ min: 8_000, max: 200_000 }).map((length) => post(`X-Long: ${'x'.repeat(length)}\r\n`, '')),
    fc.integer({ min: 90, max: 5_000 }).map((count) => post('X-Many: x\r\n'.repeat(count), '')),
    text.map((name) => post(`${name}: x\r\n`, '')),
    text.map((method) => Buffer.from(`${method} / HTTP/1.1\r\nHost: x\r\n\r\n`)),
    text.map((path) => Buffer.from(`GET /${path} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`)),
    fc
      .constantFrom(
        'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
        'GET /\r\n',
        'CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n',
        `GET ${PATH} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${headers}\r\n`,
        `GET ${PATH} HTTP/1.1\r\nHost: x\r\nExpect: everything\r\n${headers}\r\n`,
        `GET ${PATH} HTTP/9.9\r\nHost: x\r\n\r\n`,
        '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
      )
      .map((line) => Buffer.from(line, 'latin1')),
  );
}

/** @returns all bytes received until the connection closes or READ_TIMEOUT_MS pass without data */
export function rawAnswer(origin: string, bytes: Buffer): Promise<string> {
  return new Promise((resolve) => {
    let received = '';
    const socket = connect(Number(new URL(origin).port), '127.0.0.1');
    socket.setEncoding('latin1').on('data', (text: string) => (received += text));
    socket.on('error', () => undefined); // 'close' follows
    socket.on('close', () => {
      resolve(received);
    });
    socket.setTimeout(READ_TIMEOUT_MS, () => socket.destroy());
    socket.write(bytes);
  });
}
