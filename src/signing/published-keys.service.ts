import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { errors, jwtVerify, type CompactJWSHeaderParameters, type JWTPayload } from 'jose';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import type { PublicJwk } from './entities/signing-key.entity.js';

export const ALGORITHM = 'ES256';

/** Requirements of a token. */
export interface Expectations {
  typ: string;
  issuer: string;
  audience: string;
  requiredClaims: string[];
}

const CACHE_TTL_MS = 1000;
/** Calls of `latest` within this time share one query. */
const QUERY_INTERVAL_MS = 200;

const SELECT_PUBLISHED = `
  SELECT public_jwk FROM signing_keys WHERE published_until IS NULL OR published_until > now()
  ORDER BY created_at DESC, kid`;

/**
 * Reads the public keys that verify signatures. Requests for keys, and tokens with unknown keys, need no API key;
 * together they cause a bounded number of queries.
 */
@Injectable()
export class PublishedKeysService {
  private cached: Promise<PublicJwk[]> | undefined;
  private queriedAt = -Infinity;
  private pending: Promise<PublicJwk[]> | undefined;

  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Returns all keys that any replica published before the call; newest first. */
  latest(): Promise<PublicJwk[]> {
    this.pending ??= this.queryAfterInterval();
    return this.pending;
  }

  /** @returns undefined unless the token meets the expectations, is valid now, and was signed with a published key */
  async verify(token: string, expected: Expectations): Promise<JWTPayload | undefined> {
    try {
      const options = { ...expected, algorithms: [ALGORITHM] };
      const { payload } = await jwtVerify(
        token,
        (header: CompactJWSHeaderParameters) => this.findKey(header),
        options,
      );
      return payload;
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  }

  private async findKey({ kid }: CompactJWSHeaderParameters): Promise<PublicJwk> {
    const key = kid === undefined ? undefined : await this.find(kid);
    if (key === undefined) throw new errors.JWKSNoMatchingKey();
    return key;
  }

  /** Queries again for an unknown key, because another replica may just have created it. */
  private async find(kid: string): Promise<PublicJwk | undefined> {
    const hasKid = (key: PublicJwk): boolean => key.kid === kid;
    return (await this.recent()).find(hasKid) ?? (await this.latest()).find(hasKid);
  }

  private recent(): Promise<PublicJwk[]> {
    const isRecent = performance.now() - this.queriedAt < CACHE_TTL_MS;
    return isRecent && this.cached !== undefined ? this.cached : this.refresh();
  }

  private async queryAfterInterval(): Promise<PublicJwk[]> {
    await sleep(Math.max(0, this.queriedAt + QUERY_INTERVAL_MS - performance.now()));
    this.pending = undefined; // a later call must not miss a key that is published after this query
    return this.refresh();
  }

  private async refresh(): Promise<PublicJwk[]> {
    this.queriedAt = performance.now();
    this.cached = this.query();
    try {
      return await this.cached;
    } catch (error) {
      this.cached = undefined;
      throw error;
    }
  }

  private async query(): Promise<PublicJwk[]> {
    const rows = await this.dataSource.query<{ public_jwk: PublicJwk }[]>(SELECT_PUBLISHED);
    return rows.map(({ public_jwk }) => public_jwk);
  }
}
