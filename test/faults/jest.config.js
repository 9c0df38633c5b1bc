import settings from '../../jest.config.js';

/** Tests that break things: processes killed, connections cut, disks filled. .ci/run brings what they need. */
/** @type {import('jest').Config} */
export default {
  ...settings,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/faults/*.fault-spec.ts'],
  testTimeout: 120_000,
  maxWorkers: 2,
  forceExit: true, // what a broken test waits for may never come
};
