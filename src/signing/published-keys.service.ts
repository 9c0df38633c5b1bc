import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { errors, jwtVerify, type CompactJWSHeaderParameters, type JWTPayload } from 'jose';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import type { PublicJwk } from './entities/signing-key.entity.js';

export const ALGORITHM = 'ES256';

/** What a token must be and say to count. */
export interface Expectations {
  typ: string;
  issuer: string;
  audience: string;
  requiredClaims: string[];
}

/** Milliseconds for which the keys that were read are believed. */
const BELIEVED_FOR = 1000;
/** Milliseconds between two looks for what may be new: whoever asks in between waits, and all share one look. */
const LOOK_EVERY = 200;

const PUBLISHED = `
  SELECT public_jwk FROM signing_keys WHERE published_until IS NULL OR published_until > now()
  ORDER BY created_at DESC, kid`;

/**
 * The public keys by which signatures count. Strangers may ask for them, and with tokens made up, as often
 * as they like: it costs six queries a second at most.
 */
@Injectable()
export class PublishedKeysService {
  private known: Promise<PublicJwk[]> | undefined;
  private askedAt = -Infinity;
  private look: Promise<PublicJwk[]> | undefined;

  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** All that were published when this was called, whichever replica made them; the newest first. */
  latest(): Promise<PublicJwk[]> {
    this.look ??= this.lookAgain();
    return this.look;
  }

  /** @returns undefined for anything but a token as expected, in force, and signed by a published key */
  async verify(token: string, expected: Expectations): Promise<JWTPayload | undefined> {
    try {
      const options = { ...expected, algorithms: [ALGORITHM] };
      const { payload } = await jwtVerify(
        token,
        (header: CompactJWSHeaderParameters) => this.expect(header),
        options,
      );
      return payload;
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  }

  private async expect({ kid }: CompactJWSHeaderParameters): Promise<PublicJwk> {
    const key = kid === undefined ? undefined : await this.find(kid);
    if (key === undefined) throw new errors.JWKSNoMatchingKey();
    return key;
  }

  /** An unknown one is looked for again: another replica may just have made it. */
  private async find(kid: string): Promise<PublicJwk | undefined> {
    const isMeant = (key: PublicJwk): boolean => key.kid === kid;
    return (await this.believed()).find(isMeant) ?? (await this.latest()).find(isMeant);
  }

  private believed(): Promise<PublicJwk[]> {
    const isRecent = performance.now() - this.askedAt < BELIEVED_FOR;
    return isRecent && this.known !== undefined ? this.known : this.ask();
  }

  private async lookAgain(): Promise<PublicJwk[]> {
    await sleep(Math.max(0, this.askedAt + LOOK_EVERY - performance.now()));
    this.look = undefined; // who comes from now on might miss a key that this query does not see
    return this.ask();
  }

  private async ask(): Promise<PublicJwk[]> {
    this.askedAt = performance.now();
    this.known = this.query();
    try {
      return await this.known;
    } catch (error) {
      this.known = undefined;
      throw error;
    }
  }

  private async query(): Promise<PublicJwk[]> {
    const rows = await this.dataSource.query<{ public_jwk: PublicJwk }[]>(PUBLISHED);
    return rows.map(({ public_jwk }) => public_jwk);
  }
}
