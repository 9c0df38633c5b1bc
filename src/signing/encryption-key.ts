import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { secretIn } from '../common/secret-file.js';
import { ENCRYPTION_KEY_FORM } from '../config/environment.js';
import { Settings } from '../config/settings.js';
import { dataDir } from '../database/embedded/data-dir.js';

const FILE = 'encryption-key';
const MISSING =
  'Nothing can be signed: ENCRYPTION_KEY is not set. Set it to 32 random bytes in base64, on every replica ' +
  'to the same ("openssl rand -base64 32" prints some), and start again.';

/** Why nothing can be signed now; the message is written for whoever runs the service. */
export class CannotSign extends Error {
  /** For callers, who need not know more. */
  readonly detail: string;

  constructor(
    message: string,
    { detail = 'Nothing can be signed now; the log of the service has the cause.', cause }: Told = {},
  ) {
    super(message, { cause });
    this.detail = detail;
  }
}

interface Told {
  detail?: string;
  cause?: unknown;
}

/**
 * Encrypts what the database must not give away: ENCRYPTION_KEY, else a file in DATA_DIR, made when it is
 * first needed. An external database in production gets no file: its replicas would each make another one.
 */
@Injectable()
export class EncryptionKey implements OnApplicationBootstrap {
  private readonly logger = new Logger(EncryptionKey.name);

  constructor(private readonly settings: Settings) {}

  onApplicationBootstrap(): void {
    if (this.isMissing()) this.logger.warn(MISSING);
  }

  /**
   * Read anew each time, which is seldom: a file that was put back counts without a restart.
   * @throws CannotSign
   */
  read(): Buffer {
    if (this.isMissing()) throw new CannotSign(MISSING, { detail: MISSING });
    return Buffer.from(this.settings.environment.ENCRYPTION_KEY ?? this.inFile(), 'base64');
  }

  private isMissing(): boolean {
    const { ENCRYPTION_KEY, DATABASE_URL, NODE_ENV } = this.settings.environment;
    return ENCRYPTION_KEY === undefined && DATABASE_URL !== undefined && NODE_ENV === 'production';
  }

  private inFile(): string {
    const file = join(dataDir(this.settings.environment), FILE);
    const text = contentOf(file).trim();
    if (!ENCRYPTION_KEY_FORM.test(text))
      throw new CannotSign(`Nothing can be signed: ${file} does not hold 32 bytes in base64.`);
    return text;
  }
}

function contentOf(file: string): string {
  try {
    return secretIn(file, () => `${randomBytes(32).toString('base64')}\n`);
  } catch (error) {
    throw new CannotSign(`Nothing can be signed: ${file} cannot be read or made.`, { cause: error });
  }
}
