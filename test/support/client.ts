import { setTimeout as pause } from 'node:timers/promises';
import type { OpenAPIObject } from '@nestjs/swagger';
import request, { type Response } from 'supertest';
import type { ProblemBody } from '../../src/common/errors/problem.js';
import type { KeyPair } from '../../src/common/auth/key-pair.js';
import type { TestApp } from './app.js';
import { CATALOG } from './paths.js';
import { ResponseValidator } from './response-validator.js';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
export type Answer<T> = Omit<Response, 'body'> & { body: T };

const NDJSON = 'application/x-ndjson';

const validators = new WeakMap<OpenAPIObject, ResponseValidator>();

/** Calls the API with one key pair, and validates every response against the OpenAPI document. */
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

  /** @param body a string is sent unchanged, any other value as JSON */
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
    if (body === undefined) return this.validated(method, path, await prepared);
    if (headers['Content-Type'] === undefined) prepared.set('Content-Type', 'application/json');
    return this.validated(
      method,
      path,
      await prepared.send(typeof body === 'string' ? body : JSON.stringify(body)),
    );
  }

  private validated(method: string, path: string, answer: Response): Response {
    const { document } = this.service;
    const validator = validators.get(document) ?? new ResponseValidator(document);
    validators.set(document, validator);
    // supertest parses JSON only
    const body: unknown = answer.type.endsWith('json') && answer.type !== NDJSON ? answer.body : answer.text;
    validator.validate(method, path, { status: answer.status, type: answer.type, body: body ?? '' });
    return answer;
  }
}

export function keyHeaders({ public_api_key, private_secret_key }: KeyPair): Record<string, string> {
  return { 'PUBLIC-API-KEY': public_api_key, 'PRIVATE-SECRET-KEY': private_secret_key };
}

/** @returns the status of a request that requires the scope roles:read */
export async function statusOf(client: Client): Promise<number> {
  return (await client.get(CATALOG)).status;
}

/** Repeats a request until it returns this status: changes of a key take a moment to reach the key cache. */
export async function untilStatus(client: Client, status: number): Promise<void> {
  while ((await statusOf(client)) !== status) await pause(10);
}

/** @returns the status and, of an error, its code */
export function outcomeOf({ status, body }: { status: number; body: unknown }): unknown[] {
  return [status, (body as { code?: string } | undefined)?.code];
}

/** @returns the status and, of each error in the body, its field and code */
export function refusalOf({ status, body }: Answer<ProblemBody>): unknown[] {
  return [status, ...body.errors.map(({ field, code }) => `${field} ${code}`)];
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
