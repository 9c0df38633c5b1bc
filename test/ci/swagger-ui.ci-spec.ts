import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { KeyPair } from '../../src/common/auth/key-pair.js';
import { createDataDir, sandboxKeys, ServiceProcess } from '../support/service-process.js';
import { removeAfterwards, removeLeftovers } from './leftovers.js';
import { SwaggerPage } from './swagger-page.js';

/** An artefact of the run, outside git; docs/guide/swagger-ui.png is a copy of one. */
const PICTURE = '.artifacts/swagger-ui.png';

afterAll(removeLeftovers);

/** The steps of one visit, in order. */
describe('Swagger UI beside a fresh sandbox', () => {
  let service: ServiceProcess;
  let keys: KeyPair;
  let page: SwaggerPage;

  beforeAll(async () => {
    const dataDir = await createDataDir();
    removeAfterwards(() => dataDir.remove());
    service = await ServiceProcess.start({ DATA_DIR: dataDir.path });
    removeAfterwards(() => service.stop());
    keys = await sandboxKeys(dataDir.path);
    page = await SwaggerPage.launch();
    removeAfterwards(() => page.close());
    await page.visit(`${service.origin}/docs`);
  });

  it('holds no keys at first', async () => {
    expect(await page.authorizedHeaders()).toEqual([]);
  });

  it('remembers both keys when the page is loaded again', async () => {
    await page.authorize(keys);
    await page.reload();
    expect(await page.authorizedHeaders()).toEqual(['PUBLIC-API-KEY', 'PRIVATE-SECRET-KEY']);
  });

  it('creates a user from the example as it stands, at the first attempt', async () => {
    expect(await page.execute('create-user')).toMatch(/^201/);
  });

  it('can be shown in a picture that gives no key away', async () => {
    await page.picture('create-user', PICTURE);
    const text = await page.visibleText();
    expect(text).toContain('Response body');
    for (const key of [keys.public_api_key, keys.private_secret_key]) expect(text).not.toContain(key);
  });

  it('broke no content security policy and met no other error', () => {
    expect(page.complaints).toEqual([]);
  });

  it('asked no other host for anything', () => {
    expect([...page.hostsAsked]).toEqual([new URL(service.origin).host]);
  });
});
