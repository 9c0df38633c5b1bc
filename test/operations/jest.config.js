import settings from '../../jest.config.js';

/** Tests that start and stop the service or its CLI as processes, or cut off the database. */
/** @type {import('jest').Config} */
export default {
  ...settings,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/operations/*.e2e-spec.ts'],
  testTimeout: 90_000,
  maxWorkers: 2, // each test runs several processes
};
