import settings from '../../jest.config.js';

/** Tests that kill processes, cut connections and fill disks. .ci/run provides the packages that they need. */
/** @type {import('jest').Config} */
export default {
  ...settings,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/faults/*.fault-spec.ts'],
  testTimeout: 120_000,
  maxWorkers: 2,
  forceExit: true, // a failed test may leave a promise that never settles
};
