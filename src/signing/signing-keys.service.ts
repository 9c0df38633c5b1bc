import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { calculateJwkThumbprint, SignJWT, type JWK, type JWTPayload } from 'jose';
import { createPrivateKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { DataSource, IsNull, type EntityManager } from 'typeorm';
import { Problem, RETRY_AFTER_ONE_SECOND } from '../common/errors/problem.js';
import { decrypt, encrypt } from './aes-gcm.js';
import { EncryptionKey, SigningUnavailable } from './encryption-key.js';
import { SigningKey } from './entities/signing-key.entity.js';
import { ALGORITHM } from './published-keys.service.js';

/** Limits tokens that are verified with the published keys. */
export const MAX_TOKEN_LIFETIME_SECONDS = 24 * 60 * 60;
/** Allows for clock differences, and for requests that are signing while the key is retired. */
const PUBLISHED_AFTER_RETIREMENT_SECONDS = MAX_TOKEN_LIFETIME_SECONDS + 60;

const RETIRE_CURRENT = `
  UPDATE signing_keys
  SET retired_at = clock_timestamp(), published_until = clock_timestamp() + make_interval(secs => $1)
  WHERE retired_at IS NULL`;

type CurrentKey = Pick<SigningKey, 'kid' | 'private_key'>;
export type KeyHistory = Pick<SigningKey, 'kid' | 'created_at' | 'retired_at' | 'published_until'>;

/** Signs with the current key, which is created on first use and rotated by the command line. */
@Injectable()
export class SigningKeysService {
  /** The last key that was decrypted. */
  private decrypted: { kid: string; key: KeyObject } | undefined;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly encryptionKey: EncryptionKey,
  ) {}

  /**
   * @param typ distinguishes kinds of tokens, so that one is not accepted as another
   * @returns a JWT in compact form
   * @throws Problem SERVICE_UNAVAILABLE when the private key cannot be decrypted or created
   */
  async sign(typ: string, claims: JWTPayload): Promise<string> {
    const { kid, key } = await this.current();
    return new SignJWT(claims).setProtectedHeader({ alg: ALGORITHM, kid, typ }).sign(key);
  }

  /**
   * Replaces the current key, on all replicas at once.
   * @param force rotates even if the current key cannot be decrypted. The encryption key of this process may then differ
   *   from that of the replicas, which could not sign any more.
   * @throws SigningUnavailable
   */
  async rotate({ force = false } = {}): Promise<void> {
    const stored = await findCurrent(this.dataSource.manager);
    if (stored !== null && !force) this.decryptKey(stored);
    const key = await this.generateKey();
    await this.dataSource.transaction(async (manager) => {
      await manager.query('LOCK TABLE signing_keys IN SHARE ROW EXCLUSIVE MODE'); // one rotation at a time
      await manager.query(RETIRE_CURRENT, [PUBLISHED_AFTER_RETIREMENT_SECONDS]);
      await manager.insert(SigningKey, key);
    });
  }

  /** Returns all keys, also retired ones; newest first. */
  list(): Promise<KeyHistory[]> {
    return this.dataSource.manager.find(SigningKey, {
      select: { kid: true, created_at: true, retired_at: true, published_until: true },
      order: { created_at: 'DESC', kid: 'ASC' },
    });
  }

  /** Returns all keys, also retired ones, to verify signatures that outlive the publication of their keys. */
  async publicKeys(): Promise<JWK[]> {
    const keys = await this.dataSource.manager.find(SigningKey, { select: { kid: true, public_jwk: true } });
    return keys.map(({ public_jwk }) => public_jwk);
  }

  /** Queries the database each time, so that no replica signs with a retired key. */
  private async current(): Promise<{ kid: string; key: KeyObject }> {
    try {
      const { manager } = this.dataSource;
      const stored = (await findCurrent(manager)) ?? (await this.createFirst(manager));
      if (this.decrypted?.kid !== stored.kid)
        this.decrypted = { kid: stored.kid, key: this.decryptKey(stored) };
      return this.decrypted;
    } catch (error) {
      throw error instanceof SigningUnavailable ? unavailable(error) : error;
    }
  }

  /** When several replicas create the first key concurrently, all return the one that was inserted first. */
  private async createFirst(manager: EntityManager): Promise<CurrentKey> {
    const key = await this.generateKey();
    await manager
      .createQueryBuilder()
      .insert()
      .into(SigningKey)
      .values(key)
      .orIgnore()
      .updateEntity(false)
      .execute();
    const current = await findCurrent(manager);
    if (current === null)
      throw new SigningUnavailable('Nothing can be signed: the new signing key was deleted concurrently.');
    return current;
  }

  private async generateKey(): Promise<CurrentKey & Pick<SigningKey, 'public_jwk'>> {
    const encryptionKey = this.encryptionKey.read();
    const { publicKey, privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
    const { kty = '', crv = '', x = '', y = '' } = publicKey.export({ format: 'jwk' });
    const kid = await calculateJwkThumbprint({ kty, crv, x, y });
    const encrypted = encrypt(privateKey.export({ type: 'pkcs8', format: 'der' }), kid, encryptionKey);
    return { kid, public_jwk: { kty, crv, x, y, kid, alg: ALGORITHM, use: 'sig' }, private_key: encrypted };
  }

  private decryptKey({ kid, private_key }: CurrentKey): KeyObject {
    const encryptionKey = this.encryptionKey.read();
    try {
      return createPrivateKey({
        key: decrypt(private_key, kid, encryptionKey),
        type: 'pkcs8',
        format: 'der',
      });
    } catch (error) {
      throw new SigningUnavailable(
        `Nothing can be signed: the signing key ${kid} was encrypted with another ENCRYPTION_KEY. ` +
          'Restore that ENCRYPTION_KEY, or replace the signing key with "signing-keys rotate --force".',
        { cause: error },
      );
    }
  }
}

function findCurrent(manager: EntityManager): Promise<CurrentKey | null> {
  return manager.findOne(SigningKey, {
    select: { kid: true, private_key: true },
    where: { retired_at: IsNull() },
  });
}

/** Shows the detail to the client, and the cause in the log. */
function unavailable(reason: SigningUnavailable): Problem {
  return new Problem('SERVICE_UNAVAILABLE', {
    headers: RETRY_AFTER_ONE_SECOND,
    detail: reason.detail,
    cause: reason,
  });
}
