import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { ClsService } from 'nestjs-cls';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { createOrganization } from '../../support/factories/organization.js';
import { startApp, type TestApp } from '../../support/app.js';

describe('ApiKeyInvalidation', () => {
  let service: TestApp;

  beforeAll(async () => {
    service = await startApp();
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });
  afterAll(() => service.close());

  /** Records for each heartbeat whether it is sent in the context of a request. */
  const recordHeartbeats = (): boolean[] => {
    const inRequest: boolean[] = [];
    const cls = service.app.get(ClsService);
    const prototype = pg.Client.prototype as { query: (...parameters: unknown[]) => unknown };
    const { query } = prototype;
    jest.spyOn(prototype, 'query').mockImplementation(function (this: unknown, ...parameters) {
      if (parameters[0] === 'SELECT') inRequest.push(cls.isActive());
      return query.apply(this, parameters);
    });
    return inRequest;
  };

  it('that a request starts sends its heartbeats outside of the context of the request', async () => {
    const heartbeats = recordHeartbeats();
    await createOrganization(service); // its requests are the first with an API key
    while (heartbeats.length < 3) await sleep(10);
    expect(heartbeats).not.toContain(true);
  });
});
