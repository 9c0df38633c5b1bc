import request, { type Response } from 'supertest';
import type { ProblemBody } from '../../src/common/errors/problem.js';
import type { KeyPair } from '../../src/auth/key-pair.js';
import type { TestApp } from './app.js';
import { Conformity } from './conformity.js';

export type Answer<T> = Omit<Response, 'body'> & { body: T };

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

  async get<T = ProblemBody>(path: string): Promise<Answer<T>> {
    return this.checked('GET', path, await request(this.service.server).get(path).set(this.headers));
  }

  /** @param body a text is sent as it is, anything else as JSON */
  async post<T = ProblemBody>(
    path: string,
    body: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> {
    const sent = await request(this.service.server)
      .post(path)
      .set({ 'Content-Type': 'application/json', ...this.headers, ...headers })
      .send(typeof body === 'string' ? body : JSON.stringify(body));
    return this.checked('POST', path, sent);
  }

  private checked(method: string, path: string, answer: Response): Response {
    const conformity = conformities.get(this.service) ?? new Conformity(this.service.document);
    conformities.set(this.service, conformity);
    conformity.check(method, path, answer);
    return answer;
  }
}

export function keyHeaders({ public_api_key, private_secret_key }: KeyPair): Record<string, string> {
  return { 'PUBLIC-API-KEY': public_api_key, 'PRIVATE-SECRET-KEY': private_secret_key };
}
