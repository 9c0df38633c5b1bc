import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { maxEntries } from '../common/max-entries.js';
import { Settings } from '../config/settings.js';
import { TenantDatabase } from '../database/tenant-database.js';
import { AllowedAddresses } from './allowed-addresses.js';
import type { ActiveApiKey } from '../common/auth/active-api-key.js';
import type { ScopeName } from '../common/auth/scopes.js';
import { ApiKeyInvalidation } from './api-key-invalidation.js';

/** Milliseconds for which a key is believed while every change of it is heard; the rest is caution. */
const BELIEVED_WHILE_HEARD = 30_000;
/** Milliseconds for which it is believed behind a pooler: changes count within a second there too. */
const BELIEVED_UNHEARD = 900;

/** The columns of an API key that the guard needs. */
export interface CachedApiKey extends ActiveApiKey {
  id: string;
  organization_id: string;
  name: string;
  scopes: ScopeName[];
  /** Undefined where the key may be used from every address. */
  allowedAddresses?: AllowedAddresses;
}

type KeyRow = Omit<CachedApiKey, 'allowedAddresses'> & { allowed_ips: string[] };

interface Remembered {
  key: CachedApiKey;
  readAt: number;
}

export const FIND_KEY = `
  SELECT id, organization_id, name, secret_hash, previous_secret_hash, previous_secret_until, scopes, allowed_ips,
    expires_at, revoked_at
  FROM api_keys WHERE public_key = $1`;

/** The keys of recent callers, as the database has them: what is changed there counts here within a second. */
@Injectable()
export class ApiKeyCache {
  private readonly remembered = new LRUCache<string, Remembered>(maxEntries(10_000));
  /** How often something was forgotten: what was being read at that moment may be old. */
  private forgotten = 0;
  /** A pooler takes a LISTEN and delivers nothing. */
  private readonly canListen: boolean;

  constructor(
    private readonly database: TenantDatabase,
    private readonly changes: ApiKeyInvalidation,
    { environment }: Settings,
  ) {
    this.canListen = environment.DATABASE_MODE !== 'pooled';
  }

  /** @returns undefined when there is no such key; those are not remembered */
  async find(publicKey: string): Promise<CachedApiKey | undefined> {
    this.listen();
    const remembered = this.remembered.get(publicKey);
    if (remembered !== undefined && this.isBelieved(remembered)) return remembered.key;
    const { forgotten } = this;
    const readAt = performance.now();
    const key = await this.read(publicKey);
    if (key !== undefined && forgotten === this.forgotten) this.remembered.set(publicKey, { key, readAt });
    return key;
  }

  /** From the first key on, and so not for a command. */
  private listen(): void {
    if (!this.canListen) return;
    this.changes.start((publicKey) => {
      this.forget(publicKey);
    });
  }

  private forget(publicKey: string | undefined): void {
    this.forgotten += 1;
    if (publicKey === undefined) this.remembered.clear();
    else this.remembered.delete(publicKey);
  }

  private isBelieved({ readAt }: Remembered): boolean {
    const age = performance.now() - readAt;
    if (!this.canListen) return age < BELIEVED_UNHEARD;
    return age < BELIEVED_WHILE_HEARD && this.changes.areHeard();
  }

  private async read(publicKey: string): Promise<CachedApiKey | undefined> {
    const [row] = await this.database.readApiKey(publicKey, (manager) =>
      manager.query<KeyRow[]>(FIND_KEY, [publicKey]),
    );
    if (row === undefined) return undefined;
    const { allowed_ips, ...key } = row;
    return allowed_ips.length === 0 ? key : { ...key, allowedAddresses: new AllowedAddresses(allowed_ips) };
  }
}
