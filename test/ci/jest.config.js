import settings from '../../jest.config.js';

/** The checks that need more than Node: a browser, a PostgreSQL of Debian's packages, the registry. .ci/run brings these. */
/** @type {import('jest').Config} */
export default {
  ...settings,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/ci/*.ci-spec.ts'],
  testTimeout: 90_000,
};
