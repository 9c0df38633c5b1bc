/** Any will do; without one a file would be made in the DATA_DIR of whoever runs the tests. */
export const TEST_ENCRYPTION_KEY = Buffer.alloc(32, 'test').toString('base64');
