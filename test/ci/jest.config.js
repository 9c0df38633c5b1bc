import settings from '../../jest.config.js';

/** Tests that need a browser, PostgreSQL of Debian's packages, or the package registry. .ci/run provides these. */
/** @type {import('jest').Config} */
export default {
  ...settings,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/ci/*.ci-spec.ts'],
  testTimeout: 90_000,
};
