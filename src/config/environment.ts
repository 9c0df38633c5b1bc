import 'reflect-metadata';
import { applyDecorators } from '@nestjs/common';
import { plainToInstance, Transform } from 'class-transformer';
import {
  IsBoolean,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  IsUrl,
  Matches,
  Max,
  Min,
  ValidateBy,
  validateSync,
} from 'class-validator';
import { resolve } from 'node:path';

/** 32 bytes in base64. The last character before the padding carries only four bits. */
export const ENCRYPTION_KEY_FORM = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

const Convert = (convert: (value: string) => unknown): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? convert(value) : value));

/** Converts digits to a number. Other text is left for IsInt to reject. */
const IsInteger = ({ min, max }: { min: number; max?: number }): PropertyDecorator =>
  applyDecorators(
    Min(min),
    ...(max === undefined ? [] : [Max(max)]),
    IsInt(),
    Convert((text) => (/^\d{1,9}$/.test(text) ? Number(text) : text)),
  );

const AsBoolean = (): PropertyDecorator =>
  Convert((text) => (text === 'true' ? true : text === 'false' ? false : text));

const AsList = (): PropertyDecorator => Convert((text) => text.split(',').map((entry) => entry.trim()));

const POSTGRES = {
  protocols: ['postgres', 'postgresql'],
  require_protocol: true,
  require_tld: false,
  require_host: false,
};

/** node-postgres decodes user, password and database of the URL, and fails on a % that is not encoded. */
const IsDecodable = (): PropertyDecorator =>
  ValidateBy({
    name: 'isDecodable',
    validator: {
      validate: (value) => [value].flat().every((url) => typeof url !== 'string' || canBeDecoded(url)),
      defaultMessage: () => 'must encode each % as %25',
    },
  });

function canBeDecoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** The environment variables of the service. The documentation of the configuration lists the same ones. */
export class Environment {
  @IsIn(['development', 'production', 'test'])
  NODE_ENV: 'development' | 'production' | 'test' = 'development';

  @IsString()
  HOST = '127.0.0.1';

  /** 0 selects any free port. */
  @IsInteger({ min: 0, max: 65535 })
  PORT = 3000;

  /** An existing PostgreSQL server, 14 or later. Without it, the embedded server is started. */
  @IsOptional()
  @IsUrl(POSTGRES)
  @IsDecodable()
  DATABASE_URL?: string;

  /** Folder of the embedded database and its keys; see data-dir.ts for the default. */
  @IsOptional()
  @IsString()
  @Convert((path) => resolve(path))
  DATA_DIR?: string;

  /** Maximum number of connections to the database. */
  @IsInteger({ min: 1, max: 1000 })
  DATABASE_POOL_SIZE = 10;

  /** `direct`: PostgreSQL. `pooled`: PgBouncer in transaction mode. `sharded`: a Citus cluster. */
  @IsIn(['direct', 'pooled', 'sharded'])
  DATABASE_MODE: 'direct' | 'pooled' | 'sharded' = 'direct';

  /** Streaming replicas of DATABASE_URL, separated by commas. They serve reads once they have replayed earlier writes. */
  @IsOptional()
  @AsList()
  @IsUrl(
    { ...POSTGRES, require_host: true },
    { each: true, message: 'must be PostgreSQL URLs with a host, separated by commas' },
  )
  @IsDecodable()
  DATABASE_REPLICA_URLS?: string[];

  /** Maximum lag of a replica in seconds. A replica that lags more is not used. */
  @IsInteger({ min: 1, max: 3600 })
  DATABASE_REPLICA_MAX_LAG = 10;

  /** When false, the service does not start while migrations are pending. */
  @AsBoolean()
  @IsBoolean()
  MIGRATE_ON_START = true;

  @IsIn(LOG_LEVELS)
  LOG_LEVEL: (typeof LOG_LEVELS)[number] = 'info';

  /** JSON file that replaces the built-in permissions catalog. */
  @IsOptional()
  @IsString()
  PERMISSIONS_CATALOG?: string;

  /** Number of reverse proxies whose X-Forwarded-For is trusted. */
  @IsInteger({ min: 0, max: 10 })
  TRUST_PROXY = 0;

  /** `off` when a reverse proxy limits requests. */
  @IsIn(['on', 'off'])
  RATE_LIMIT: 'on' | 'off' = 'on';

  /** Requests per minute with one API key. */
  @IsInteger({ min: 1 })
  RATE_LIMIT_PER_KEY = 600_000;

  /** Requests per minute without a valid key from one address. */
  @IsInteger({ min: 1 })
  RATE_LIMIT_PER_ADDRESS = 6000;

  /** Refused key pairs per minute from one address. */
  @IsInteger({ min: 1 })
  RATE_LIMIT_REFUSALS = 600;

  /** Concurrent requests, beyond which the response is 503; see requests-in-flight.ts for the default. */
  @IsOptional()
  @IsInteger({ min: 1 })
  MAX_REQUESTS_IN_FLIGHT?: number;

  /** Concurrent client connections; further ones are closed at once. */
  @IsInteger({ min: 1 })
  MAX_CONNECTIONS = 10_000;

  /** Seconds in which the headers and the body of a request must arrive. */
  @IsInteger({ min: 1, max: 600 })
  REQUEST_TIMEOUT = 30;

  /** Seconds for which an idle client connection is kept; must exceed the idle timeout of a load balancer. */
  @IsInteger({ min: 1, max: 3600 })
  KEEP_ALIVE_TIMEOUT = 75;

  /** Public base URL of the service; the issuer of its tokens. */
  @IsOptional()
  @IsUrl({ protocols: ['http', 'https'], require_protocol: true, require_tld: false })
  PUBLIC_URL?: string;

  /** Audience of the service's tokens; by default the issuer. */
  @IsOptional()
  @IsString()
  TOKEN_AUDIENCE?: string;

  /** Encrypts the private signing keys in the database; see encryption-key.ts for the default. */
  @IsOptional()
  @Matches(ENCRYPTION_KEY_FORM, { message: 'ENCRYPTION_KEY must be 32 bytes in base64' })
  ENCRYPTION_KEY?: string;

  /** Hours for which the response to a request with an idempotency key is kept. */
  @IsInteger({ min: 1, max: 720 })
  IDEMPOTENCY_KEY_HOURS = 24;

  /** Seconds that requests in flight may take to finish after SIGTERM. */
  @IsInteger({ min: 1, max: 600 })
  SHUTDOWN_TIMEOUT = 10;
}

/** The service cannot start. The message is for the operator. */
export class StartupError extends Error {}

/**
 * @param variables as in process.env; an empty value counts as not set
 * @throws StartupError with one line for each invalid variable
 */
export function readEnvironment(variables: NodeJS.ProcessEnv): Environment {
  const names = Object.keys(variables).filter((name) => VARIABLES.has(name) && variables[name] !== '');
  const given = Object.fromEntries(names.map((name) => [name, variables[name]]));
  const environment = plainToInstance(Environment, given);
  const problems = validateSync(environment).map(({ property, constraints }) => {
    const reasons = Object.values(constraints ?? {}).map((reason) => reason.replace(`${property} `, ''));
    return `  ${property}: ${reasons.join('; ')}`;
  });
  if (environment.DATABASE_MODE === 'sharded' && environment.DATABASE_REPLICA_URLS !== undefined)
    problems.push('  DATABASE_REPLICA_URLS: cannot be used with DATABASE_MODE=sharded');
  if (problems.length > 0)
    throw new StartupError(`These environment variables are invalid:\n${problems.join('\n')}`);
  return environment;
}

/** All variables; optional ones are no members of a new Environment. */
export const VARIABLES: ReadonlySet<string> = new Set([
  ...Object.keys(new Environment()),
  'DATABASE_URL',
  'DATABASE_REPLICA_URLS',
  'DATA_DIR',
  'PERMISSIONS_CATALOG',
  'MAX_REQUESTS_IN_FLIGHT',
  'PUBLIC_URL',
  'TOKEN_AUDIENCE',
  'ENCRYPTION_KEY',
]);
