import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { readOrCreateSecret } from '../common/secret-file.js';
import { ENCRYPTION_KEY_FORM } from '../config/environment.js';
import { Settings } from '../config/settings.js';
import { dataDir } from '../database/embedded/data-dir.js';

const FILE = 'encryption-key';
const MISSING =
  'Nothing can be signed: ENCRYPTION_KEY is not set. Set it to 32 random bytes in base64 ("openssl rand -base64 32"), ' +
  'the same on every replica, and start again.';

/** Explains to the operator why signing is impossible. */
export class SigningUnavailable extends Error {
  /** @param detail explanation for API clients */
  constructor(
    message: string,
    options?: ErrorOptions,
    readonly detail = 'Nothing can be signed at the moment; the log of the service has the cause.',
  ) {
    super(message, options);
  }
}

/**
 * Encrypts private keys in the database. Read from ENCRYPTION_KEY, otherwise from a file in DATA_DIR, which is created
 * on first use; not for an external database in production, where each replica would create another key.
 */
@Injectable()
export class EncryptionKey implements OnApplicationBootstrap {
  private readonly logger = new Logger(EncryptionKey.name);

  constructor(private readonly settings: Settings) {}

  onApplicationBootstrap(): void {
    if (this.isMissing()) this.logger.warn(MISSING);
  }

  /**
   * Not cached, so that a restored file takes effect without a restart.
   * @throws SigningUnavailable
   */
  read(): Buffer {
    if (this.isMissing()) throw new SigningUnavailable(MISSING, {}, MISSING);
    return Buffer.from(this.settings.environment.ENCRYPTION_KEY ?? this.readFile(), 'base64');
  }

  private isMissing(): boolean {
    const { ENCRYPTION_KEY, DATABASE_URL, NODE_ENV } = this.settings.environment;
    return ENCRYPTION_KEY === undefined && DATABASE_URL !== undefined && NODE_ENV === 'production';
  }

  private readFile(): string {
    const file = join(dataDir(this.settings.environment), FILE);
    const text = readOrCreateFile(file).trim();
    if (!ENCRYPTION_KEY_FORM.test(text))
      throw new SigningUnavailable(`Nothing can be signed: ${file} does not hold 32 bytes in base64.`);
    return text;
  }
}

function readOrCreateFile(file: string): string {
  try {
    return readOrCreateSecret(file, () => `${randomBytes(32).toString('base64')}\n`);
  } catch (error) {
    throw new SigningUnavailable(`Nothing can be signed: ${file} cannot be read or created.`, {
      cause: error,
    });
  }
}
