import settings from '../../jest.config.js';

/** Tests that start, stop and cut off servers. */
/** @type {import('jest').Config} */
export default {
  ...settings,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/operations/*.e2e-spec.ts'],
  testTimeout: 90_000,
};
