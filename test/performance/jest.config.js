import settings from '../../jest.config.js';

/** Tests that build large data sets, check query plans or count round trips. */
/** @type {import('jest').Config} */
export default {
  ...settings,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/performance/*.e2e-spec.ts'],
  testTimeout: 90_000,
};
