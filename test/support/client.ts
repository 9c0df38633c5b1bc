import request, { type Response } from 'supertest';
import type { ProblemBody } from '../../src/common/errors/problem.js';
import type { KeyPair } from '../../src/common/auth/key-pair.js';
import type { TestApp } from './app.js';
import { Conformity } from './conformity.js';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
export type Answer<T> = Omit<Response, 'body'> & { body: T };

const NDJSON = 'application/x-ndjson';

const conformities = new WeakMap<TestApp, Conformity>();

/** Calls the API with one key pair; every answer must be as the OpenAPI document says. */
export class Client {
  constructor(
    private readonly service: TestApp,
    private readonly headers: Record<string, string> = {},
  ) {}

  static with(service: TestApp, keys: KeyPair): Client {
    return new Client(service, keyHeaders(keys));
  }

  get<T = ProblemBody>(path: string): Promise<Answer<T>> {
    return this.send('GET', path);
  }

  /** @param body a text is sent as it is, anything else as JSON */
  post<T = ProblemBody>(
    path: string,
    body: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> {
    return this.send('POST', path, body, headers);
  }

  put<T = ProblemBody>(path: string, body: unknown): Promise<Answer<T>> {
    return this.send('PUT', path, body);
  }

  patch<T = ProblemBody>(path: string, body: unknown): Promise<Answer<T>> {
    return this.send('PATCH', path, body);
  }

  delete<T = ProblemBody>(path: string): Promise<Answer<T>> {
    return this.send('DELETE', path);
  }

  async send<T = ProblemBody>(
    method: Method,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> {
    const server = request(this.service.server);
    const prepared = callOf(server, method)(path).set({ ...this.headers, ...headers });
    if (body === undefined) return this.checked(method, path, await prepared);
    if (headers['Content-Type'] === undefined) prepared.set('Content-Type', 'application/json');
    return this.checked(
      method,
      path,
      await prepared.send(typeof body === 'string' ? body : JSON.stringify(body)),
    );
  }

  private checked(method: string, path: string, answer: Response): Response {
    const conformity = conformities.get(this.service) ?? new Conformity(this.service.document);
    conformities.set(this.service, conformity);
    // supertest reads only JSON into a body; of the rest the text is what counts
    const body: unknown = answer.type.endsWith('json') && answer.type !== NDJSON ? answer.body : answer.text;
    conformity.check(method, path, { status: answer.status, type: answer.type, body: body ?? '' });
    return answer;
  }
}

export function keyHeaders({ public_api_key, private_secret_key }: KeyPair): Record<string, string> {
  return { 'PUBLIC-API-KEY': public_api_key, 'PRIVATE-SECRET-KEY': private_secret_key };
}

function callOf(server: ReturnType<typeof request>, method: Method): (path: string) => request.Test {
  switch (method) {
    case 'GET':
      return (path) => server.get(path);
    case 'POST':
      return (path) => server.post(path);
    case 'PUT':
      return (path) => server.put(path);
    case 'PATCH':
      return (path) => server.patch(path);
    case 'DELETE':
      return (path) => server.delete(path);
  }
}
