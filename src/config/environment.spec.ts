import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readEnvironment, StartupError, VARIABLES } from './environment.js';

describe('readEnvironment', () => {
  it('has a default for every setting', () => {
    expect(readEnvironment({})).toMatchObject({
      NODE_ENV: 'development',
      HOST: '127.0.0.1',
      PORT: 3000,
      DATABASE_POOL_SIZE: 10,
      DATABASE_MODE: 'direct',
      DATABASE_REPLICA_MAX_LAG: 10,
      MIGRATE_ON_START: true,
      LOG_LEVEL: 'info',
      TRUST_PROXY: 0,
      RATE_LIMIT: 'on',
      RATE_LIMIT_PER_KEY: 600_000,
      RATE_LIMIT_PER_ADDRESS: 6000,
      RATE_LIMIT_REFUSALS: 600,
      MAX_CONNECTIONS: 10_000,
      REQUEST_TIMEOUT: 30,
      KEEP_ALIVE_TIMEOUT: 75,
      SHUTDOWN_TIMEOUT: 10,
    });
  });

  it('reads numbers and booleans, and treats empty values as not set', () => {
    const environment = readEnvironment({
      PORT: '8080',
      MIGRATE_ON_START: 'false',
      HOST: '',
      DATA_DIR: '/data',
    });
    expect(environment).toMatchObject({
      PORT: 8080,
      MIGRATE_ON_START: false,
      HOST: '127.0.0.1',
      DATA_DIR: '/data',
    });
  });

  it('throws a StartupError that lists every invalid variable', () => {
    const bad = {
      NODE_ENV: 'prod',
      PORT: '99999',
      DATABASE_URL: 'mysql://localhost/x',
      DATABASE_POOL_SIZE: '1e3',
      DATABASE_MODE: 'pool',
      DATABASE_REPLICA_URLS: 'postgresql://localhost/x,mysql://localhost/x',
      DATABASE_REPLICA_MAX_LAG: '0',
      MIGRATE_ON_START: 'yes',
      LOG_LEVEL: 'loud',
      TRUST_PROXY: '-1',
      RATE_LIMIT: 'no',
      RATE_LIMIT_PER_KEY: '0',
      RATE_LIMIT_PER_ADDRESS: '1/s',
      RATE_LIMIT_REFUSALS: '-5',
      MAX_REQUESTS_IN_FLIGHT: 'many',
      MAX_CONNECTIONS: '0',
      REQUEST_TIMEOUT: '601',
      KEEP_ALIVE_TIMEOUT: '0',
      SHUTDOWN_TIMEOUT: '0',
      PUBLIC_URL: 'tenantry.example.com',
      ENCRYPTION_KEY: 'too short',
    };
    const read = (): unknown => readEnvironment(bad);
    expect(read).toThrow(StartupError);
    for (const name of Object.keys(bad)) expect(read).toThrow(new RegExp(`^  ${name}: `, 'm'));
  });

  it.each([
    'postgres://a:b@localhost/db',
    'postgresql://a:b@db.internal:5432/x?sslmode=require',
    'postgresql:///db?host=/run/postgresql',
  ])('accepts %s for DATABASE_URL', (url) => {
    expect(readEnvironment({ DATABASE_URL: url }).DATABASE_URL).toBe(url);
  });

  it.each([
    ['DATABASE_URL', 'postgres://a:100%@localhost/db'],
    ['DATABASE_URL', 'postgres://a:%ff@localhost/db'],
    ['DATABASE_REPLICA_URLS', 'postgres://a:b@one/db,postgres://a:100%@two/db'],
    ['DATABASE_REPLICA_URLS', 'postgres://a:b@/db?host=/run/postgresql'],
  ])('rejects %s=%s', (name, url) => {
    expect(() => readEnvironment({ [name]: url })).toThrow(new RegExp(`^  ${name}: `, 'm'));
  });

  it('accepts several replicas, separated by commas', () => {
    const DATABASE_REPLICA_URLS = 'postgresql://a:b@one/x, postgresql://a:b@two/x';
    const replicas = ['postgresql://a:b@one/x', 'postgresql://a:b@two/x'];
    expect(readEnvironment({ DATABASE_REPLICA_URLS }).DATABASE_REPLICA_URLS).toEqual(replicas);
  });

  it('rejects replicas of a sharded database', () => {
    const variables = { DATABASE_MODE: 'sharded', DATABASE_REPLICA_URLS: 'postgresql://a:b@one/x' };
    expect(() => readEnvironment(variables)).toThrow(/DATABASE_REPLICA_URLS: cannot be used with/);
  });

  it.each(['http://localhost:3000', 'https://tenantry.example.com/api', 'http://127.0.0.1'])(
    'accepts %s for PUBLIC_URL',
    (url) => {
      expect(readEnvironment({ PUBLIC_URL: url }).PUBLIC_URL).toBe(url);
    },
  );

  it('accepts any 32 bytes in base64 for ENCRYPTION_KEY', () => {
    for (let n = 0; n < 200; n += 1) {
      const key = randomBytes(32).toString('base64');
      expect(readEnvironment({ ENCRYPTION_KEY: key }).ENCRYPTION_KEY).toBe(key);
    }
  });

  it.each([31, 33])('rejects %d bytes for ENCRYPTION_KEY, without showing them', (length) => {
    const key = randomBytes(length).toString('base64');
    const read = (): unknown => readEnvironment({ ENCRYPTION_KEY: key });
    expect(read).toThrow(/ENCRYPTION_KEY: must be 32 bytes in base64$/);
    expect(read).not.toThrow(key);
  });

  it.each(['.env.example', 'docs/operations/configuration.md'])('is documented in full in %s', (file) => {
    const text = readFileSync(file, 'utf8');
    expect([...VARIABLES].filter((name) => !text.includes(name))).toEqual([]);
  });
});
