/** Without one, a service outside production would write a key file to its DATA_DIR. */
export const TEST_ENCRYPTION_KEY = Buffer.alloc(32, 'test').toString('base64');
