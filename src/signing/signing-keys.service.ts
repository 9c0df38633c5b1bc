import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { calculateJwkThumbprint, SignJWT, type JWK, type JWTPayload } from 'jose';
import { createPrivateKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { DataSource, IsNull, type EntityManager } from 'typeorm';
import { Problem, RETRY_SOON } from '../common/errors/problem.js';
import { CannotSign, EncryptionKey } from './encryption-key.js';
import { SigningKey } from './entities/signing-key.entity.js';
import { ALGORITHM } from './published-keys.service.js';
import { seal, unseal } from './sealed-key.js';

/** Seconds: nothing signed to be verified by the published keys may count for longer. */
export const LONGEST_LIFETIME = 24 * 60 * 60;
/** A minute more, because clocks differ, and a request may be signing while the key is retired. */
const PUBLISHED_AFTER_RETIREMENT = LONGEST_LIFETIME + 60;

const RETIRE = `
  UPDATE signing_keys
  SET retired_at = clock_timestamp(), published_until = clock_timestamp() + make_interval(secs => $1)
  WHERE retired_at IS NULL`;

type KeyInUse = Pick<SigningKey, 'kid' | 'private_key'>;
export type KeyHistory = Pick<SigningKey, 'kid' | 'created_at' | 'retired_at' | 'published_until'>;

/** The key that the service signs with: made when first needed, changed by the command line. */
@Injectable()
export class SigningKeysService {
  /** The last key that was decrypted. */
  private opened: { kid: string; key: KeyObject } | undefined;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly encryptionKey: EncryptionKey,
  ) {}

  /**
   * @param typ what the token is, for whoever verifies it: one kind of token must not pass for another
   * @returns a JWT in compact form
   * @throws Problem SERVICE_UNAVAILABLE when the private key cannot be had
   */
  async sign(typ: string, claims: JWTPayload): Promise<string> {
    const { kid, key } = await this.current();
    return new SignJWT(claims).setProtectedHeader({ alg: ALGORITHM, kid, typ }).sign(key);
  }

  /**
   * Retires the key in use and makes another one, which counts at once, on all replicas.
   * @param force also where the key in use cannot be decrypted, which tells that those replicas may have
   *   another encryption key than whoever rotates, and could not sign any more
   * @throws CannotSign
   */
  async rotate({ force = false } = {}): Promise<void> {
    const stored = await inUse(this.dataSource.manager);
    if (stored !== null && !force) this.open(stored);
    const key = await this.newKey();
    await this.dataSource.transaction(async (manager) => {
      await manager.query('LOCK TABLE signing_keys IN SHARE ROW EXCLUSIVE MODE'); // one rotation at a time
      await manager.query(RETIRE, [PUBLISHED_AFTER_RETIREMENT]);
      await manager.insert(SigningKey, key);
    });
  }

  /** All keys that there ever were, the newest first. */
  list(): Promise<KeyHistory[]> {
    return this.dataSource.manager.find(SigningKey, {
      select: { kid: true, created_at: true, retired_at: true, published_until: true },
      order: { created_at: 'DESC', kid: 'ASC' },
    });
  }

  /** Of all keys that there ever were, to verify what counts for longer than they are published. */
  async publicKeys(): Promise<JWK[]> {
    const keys = await this.dataSource.manager.find(SigningKey, { select: { kid: true, public_jwk: true } });
    return keys.map(({ public_jwk }) => public_jwk);
  }

  /** Asks the database which key it is each time, so that no replica signs with a retired one. */
  private async current(): Promise<{ kid: string; key: KeyObject }> {
    try {
      const { manager } = this.dataSource;
      const stored = (await inUse(manager)) ?? (await this.makeFirst(manager));
      if (this.opened?.kid !== stored.kid) this.opened = { kid: stored.kid, key: this.open(stored) };
      return this.opened;
    } catch (error) {
      throw error instanceof CannotSign ? unavailable(error) : error;
    }
  }

  /** Of several replicas that make the first key at once one wins, and all use its key. */
  private async makeFirst(manager: EntityManager): Promise<KeyInUse> {
    const key = await this.newKey();
    await manager
      .createQueryBuilder()
      .insert()
      .into(SigningKey)
      .values(key)
      .orIgnore()
      .updateEntity(false)
      .execute();
    const made = await inUse(manager);
    if (made === null) throw new CannotSign('Nothing can be signed: somebody deletes signing keys.');
    return made;
  }

  private async newKey(): Promise<KeyInUse & Pick<SigningKey, 'public_jwk'>> {
    const encryptionKey = this.encryptionKey.read();
    const { publicKey, privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
    const { kty = '', crv = '', x = '', y = '' } = publicKey.export({ format: 'jwk' });
    const kid = await calculateJwkThumbprint({ kty, crv, x, y });
    const sealed = seal(privateKey.export({ type: 'pkcs8', format: 'der' }), kid, encryptionKey);
    return { kid, public_jwk: { kty, crv, x, y, kid, alg: ALGORITHM, use: 'sig' }, private_key: sealed };
  }

  private open({ kid, private_key }: KeyInUse): KeyObject {
    const encryptionKey = this.encryptionKey.read();
    try {
      return createPrivateKey({
        key: unseal(private_key, kid, encryptionKey),
        type: 'pkcs8',
        format: 'der',
      });
    } catch (error) {
      throw new CannotSign(
        `Nothing can be signed: the signing key ${kid} was encrypted with another ENCRYPTION_KEY. ` +
          'Set that one again, or give up the key: "signing-keys rotate --force" makes a new one.',
        { cause: error },
      );
    }
  }
}

function inUse(manager: EntityManager): Promise<KeyInUse | null> {
  return manager.findOne(SigningKey, {
    select: { kid: true, private_key: true },
    where: { retired_at: IsNull() },
  });
}

/** The caller is told what to do; the log gets the cause. */
function unavailable(reason: CannotSign): Problem {
  return new Problem('SERVICE_UNAVAILABLE', { headers: RETRY_SOON, detail: reason.detail, cause: reason });
}
