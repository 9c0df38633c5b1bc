import 'reflect-metadata';
import { plainToInstance, Transform } from 'class-transformer';
import {
  IsBoolean,
  IsIn,
  IsInt,
  IsNotEmpty,
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

/** 32 bytes in base64: the last character before the padding carries four bits. */
export const ENCRYPTION_KEY_FORM = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** Numbers come as text; anything but plain digits stays text, so that IsInt refuses it. */
const AsInteger = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value,
  );

const AsBoolean = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value));

const AsList = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' ? value.split(',').map((entry) => entry.trim()) : value,
  );

const POSTGRES = {
  protocols: ['postgres', 'postgresql'],
  require_protocol: true,
  require_tld: false,
  require_host: false,
};

/** As the driver reads user, password and database: a % that stands for itself is written %25. */
const IsDecodable = (): PropertyDecorator =>
  ValidateBy({
    name: 'isDecodable',
    validator: {
      validate: (value) => [value].flat().every((url) => typeof url !== 'string' || canBeDecoded(url)),
      defaultMessage: () => 'has a % that is not followed by two digits: %25 stands for itself',
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

/** The service's settings, read once from the environment. docs/operations/configuration.md has the same table. */
export class Environment {
  @IsIn(['development', 'production', 'test'])
  NODE_ENV: 'development' | 'production' | 'test' = 'development';

  @IsString()
  @IsNotEmpty()
  HOST = '127.0.0.1';

  /** 0 takes any free port. */
  @AsInteger()
  @IsInt()
  @Max(65535)
  @Min(0)
  PORT = 3000;

  /** An existing PostgreSQL, 14 or later; without it the embedded one is started. */
  @IsOptional()
  @IsUrl(POSTGRES)
  @IsDecodable()
  DATABASE_URL?: string;

  /** Folder of the embedded database and of what it needs; where it lies by default: data-dir.ts. */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && value !== '' ? resolve(value) : value,
  )
  DATA_DIR?: string;

  /** Connections that the service keeps open to the database at most. */
  @AsInteger()
  @IsInt()
  @Max(1000)
  @Min(1)
  DATABASE_POOL_SIZE = 10;

  /**
   * What is between the service and its tables. `pooled`: PgBouncer in transaction mode, which keeps nothing on a
   * connection from one transaction to the next. `sharded`: a Citus cluster, whose nodes hear of the organization by
   * a statement of its own only.
   */
  @IsIn(['direct', 'pooled', 'sharded'])
  DATABASE_MODE: 'direct' | 'pooled' | 'sharded' = 'direct';

  /** Streaming replicas of DATABASE_URL, comma separated: they answer what only reads, once they have all that was written. */
  @IsOptional()
  @AsList()
  @IsUrl(
    { ...POSTGRES, require_host: true },
    { each: true, message: 'must be PostgreSQL URLs with a host, separated by commas' },
  )
  @IsDecodable()
  DATABASE_REPLICA_URLS?: string[];

  /** Seconds that a replica may lag; one that lags more is not used. */
  @AsInteger()
  @IsInt()
  @Max(3600)
  @Min(1)
  DATABASE_REPLICA_MAX_LAG = 10;

  /** When false, start-up stops at a database whose migrations are not all applied. */
  @AsBoolean()
  @IsBoolean()
  MIGRATE_ON_START = true;

  @IsIn(LOG_LEVELS)
  LOG_LEVEL: (typeof LOG_LEVELS)[number] = 'info';

  /** JSON file with the permissions that roles can hold, in the form of the permissions catalog. */
  @IsOptional()
  @IsString()
  PERMISSIONS_CATALOG?: string;

  /** Number of reverse proxies in front whose X-Forwarded-For counts; 0 trusts none. */
  @AsInteger()
  @IsInt()
  @Max(10)
  @Min(0)
  TRUST_PROXY = 0;

  /** `off` where a proxy in front counts requests. */
  @IsIn(['on', 'off'])
  RATE_LIMIT: 'on' | 'off' = 'on';

  /** Requests a minute of one API key. */
  @AsInteger()
  @IsInt()
  @Min(1)
  RATE_LIMIT_PER_KEY = 600_000;

  /** Requests a minute of one address that carry no good key. */
  @AsInteger()
  @IsInt()
  @Min(1)
  RATE_LIMIT_PER_ADDRESS = 6000;

  /** Refused key pairs a minute of one address. */
  @AsInteger()
  @IsInt()
  @Min(1)
  RATE_LIMIT_REFUSALS = 600;

  /** Requests at a time, beyond which the answer is 503; without it: limits/requests-in-flight.ts. */
  @IsOptional()
  @AsInteger()
  @IsInt()
  @Min(1)
  MAX_REQUESTS_IN_FLIGHT?: number;

  /** Open connections to the service at a time; further ones are closed at once. */
  @AsInteger()
  @IsInt()
  @Min(1)
  MAX_CONNECTIONS = 10_000;

  /** Seconds in which a request has to arrive, headers and body. */
  @AsInteger()
  @IsInt()
  @Max(600)
  @Min(1)
  REQUEST_TIMEOUT = 30;

  /** Seconds for which an idle connection is kept: longer than a load balancer in front does. */
  @AsInteger()
  @IsInt()
  @Max(3600)
  @Min(1)
  KEEP_ALIVE_TIMEOUT = 75;

  /** Under which the service is reached from outside; the issuer of its tokens. */
  @IsOptional()
  @IsUrl({ protocols: ['http', 'https'], require_protocol: true, require_tld: false })
  PUBLIC_URL?: string;

  /** Whom the service's tokens are for; the issuer where it is not set. */
  @IsOptional()
  @IsString()
  TOKEN_AUDIENCE?: string;

  /** Encrypts the private signing keys in the database; what counts without it: signing/encryption-key.ts. */
  @IsOptional()
  @Matches(ENCRYPTION_KEY_FORM, { message: 'ENCRYPTION_KEY must be 32 bytes in base64' })
  ENCRYPTION_KEY?: string;

  /** Hours for which the answer to a request with an idempotency key is kept. */
  @AsInteger()
  @IsInt()
  @Max(720)
  @Min(1)
  IDEMPOTENCY_KEY_HOURS = 24;

  /** Seconds that requests in flight may take to finish after SIGTERM. */
  @AsInteger()
  @IsInt()
  @Max(600)
  @Min(1)
  SHUTDOWN_TIMEOUT = 10;
}

/** Start-up cannot go on; the message is written for the person who started the service. */
export class StartupError extends Error {}

/**
 * @param variables as in process.env; an empty value counts as not set
 * @throws StartupError with one line for every variable that is not usable
 */
export function readEnvironment(variables: NodeJS.ProcessEnv): Environment {
  const known = Object.keys(variables).filter((name) => NAMES.has(name) && variables[name] !== '');
  const given = Object.fromEntries(known.map((name) => [name, variables[name]]));
  const environment = plainToInstance(Environment, given);
  const problems = validateSync(environment).map(({ property, constraints }) => {
    const reasons = Object.values(constraints ?? {}).map((reason) => reason.replace(`${property} `, ''));
    return `  ${property}: ${reasons.join('; ')}`;
  });
  if (environment.DATABASE_MODE === 'sharded' && environment.DATABASE_REPLICA_URLS !== undefined)
    problems.push('  DATABASE_REPLICA_URLS: cannot be used with DATABASE_MODE=sharded');
  if (problems.length > 0) {
    throw new StartupError(`These environment variables cannot be used:\n${problems.join('\n')}`);
  }
  return environment;
}

const NAMES = new Set([
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
