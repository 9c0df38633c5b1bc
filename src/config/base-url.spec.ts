import { describe, expect, it } from '@jest/globals';
import { baseUrl } from './base-url.js';

describe('baseUrl', () => {
  it.each([
    ['127.0.0.1', 'http://127.0.0.1:3000'],
    ['tenantry.internal', 'http://tenantry.internal:3000'],
    ['0.0.0.0', 'http://127.0.0.1:3000'],
    ['::', 'http://127.0.0.1:3000'],
    ['::1', 'http://[::1]:3000'],
  ])('of a service that listens on %s is %s', (host, url) => {
    expect(baseUrl(host, 3000)).toBe(url);
  });
});
