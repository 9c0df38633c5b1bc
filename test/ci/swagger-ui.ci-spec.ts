import { beforeAll, describe, expect, it } from '@jest/globals';
import type { KeyPair } from '../../src/common/auth/key-pair.js';
import { dataFolder } from '../support/temporary.js';
import { sandboxKeys, ServiceProcess } from '../support/service-process.js';
import { removeAfterwards } from '../support/leftovers.js';
import { SwaggerPage } from './swagger-page.js';

/** An artefact of the run, outside git; docs/guide/swagger-ui.png is a copy of one. */
const PICTURE = '.artifacts/swagger-ui.png';

/** The tests are the steps of one visit, in order. */
describe('Swagger UI with a new sandbox', () => {
  let service: ServiceProcess;
  let keys: KeyPair;
  let page: SwaggerPage;

  beforeAll(async () => {
    const dataDir = await dataFolder();
    service = await ServiceProcess.start({ DATA_DIR: dataDir });
    removeAfterwards(() => service.stop());
    keys = await sandboxKeys(dataDir);
    page = await SwaggerPage.launch();
    removeAfterwards(() => page.close());
    await page.visit(`${service.origin}/docs`);
  });

  it('stores no keys at first', async () => {
    expect(await page.authorizedHeaders()).toEqual([]);
  });

  it('keeps both keys when the page is reloaded', async () => {
    await page.authorize(keys);
    await page.reload();
    expect(await page.authorizedHeaders()).toEqual(['PUBLIC-API-KEY', 'PRIVATE-SECRET-KEY']);
  });

  it('creates a user from the unchanged example', async () => {
    expect(await page.execute('create-user')).toMatch(/^201/);
  });

  it('is pictured without the keys', async () => {
    await page.picture('create-user', PICTURE);
    const text = await page.visibleText();
    expect(text).toContain('Response body');
    for (const key of [keys.public_api_key, keys.private_secret_key]) expect(text).not.toContain(key);
  });

  it('causes no console error and no violation of the content security policy', () => {
    expect(page.errors).toEqual([]);
  });

  it('requests no other host', () => {
    expect([...page.requestedHosts]).toEqual([new URL(service.origin).host]);
  });
});
