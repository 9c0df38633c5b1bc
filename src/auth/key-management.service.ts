import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { RefusalsService } from '../audit/refusals.service.js';
import type { Change } from '../changes/change.js';
import { ChangesService, expectMatch } from '../changes/changes.service.js';
import { Problem } from '../common/errors/problem.js';
import { listPage } from '../common/pagination/list-page.js';
import type { PageQueryDto } from '../common/pagination/page-query.dto.js';
import type { Page } from '../common/pagination/page.js';
import { LATER } from '../database/later.js';
import { TenantDatabase } from '../database/tenant-database.js';
import { apiKeys } from './api-keys.queries.js';
import { ApiKeysService, type NewKey } from './api-keys.service.js';
import { isInForce } from './key-in-force.js';
import type { ApiKeyResponse, NewApiKeyResponse } from './dto/api-key.response.js';
import { ApiKey } from './entities/api-key.entity.js';
import { hashOfSecret, newKeyPair } from './key-pair.js';
import { expectScopes, InsufficientScope, type ScopeName } from './scopes.js';

/** A change of a key, and the id of the key that asks for it. */
export interface KeyChange {
  change: Change;
  by: string;
}

export type KeyChanges = Partial<Pick<ApiKey, 'name' | 'scopes' | 'expires_at' | 'allowed_ips'>>;

/** With it a key manages keys; no organization is left without a key that has it. */
const MANAGES: ScopeName = 'api-keys:write';

const ROTATE_SECRET = `
  UPDATE api_keys SET secret_hash = $3, updated_at = ${LATER()},
    previous_secret_hash = CASE WHEN $4::int > 0 THEN secret_hash END,
    previous_secret_until = CASE WHEN $4::int > 0 THEN now() + $4::int * interval '1 second' END
  WHERE organization_id = $1 AND id = $2`;

const OTHER_MANAGERS = `
  SELECT FROM api_keys
  WHERE organization_id = $1 AND id <> $2 AND $3 = ANY(scopes)
    AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $4)
  LIMIT 1`;

/** Keys that an organization hands out and takes away. No key reaches further through another than by itself. */
@Injectable()
export class KeyManagementService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly changes: ChangesService,
    private readonly apiKeys: ApiKeysService,
    private readonly refusals: RefusalsService,
  ) {}

  /**
   * @param key without scopes it gets those of the key that asks
   * @throws Problem INSUFFICIENT_SCOPE
   */
  create({ change, by }: KeyChange, key: NewKey): Promise<NewApiKeyResponse> {
    const pair = newKeyPair();
    return this.run(change, async (manager, record) => {
      const asking = await lockKeys(manager, { change, by });
      const scopes = key.scopes ?? asking.scopes;
      expectScopes(asking.scopes, scopes);
      const { organization_id } = change;
      const id = await this.apiKeys.create(manager, organization_id, { ...key, scopes }, pair);
      const made = await retrieveKey(manager, organization_id, id);
      await record({ action: 'api_key.created', target: targetOf(id), after: made });
      return withSecret(change, made, pair.private_secret_key);
    });
  }

  list(organizationId: string, query: PageQueryDto): Promise<Page<ApiKeyResponse>> {
    return this.database.read(organizationId, (manager) => listPage(manager, apiKeys(organizationId), query));
  }

  /** @throws Problem NOT_FOUND */
  retrieve(organizationId: string, keyId: string): Promise<ApiKeyResponse> {
    return this.database.read(organizationId, (manager) => retrieveKey(manager, organizationId, keyId));
  }

  /** @throws Problem NOT_FOUND, PRECONDITION_FAILED, API_KEY_REVOKED, INSUFFICIENT_SCOPE, LAST_API_KEY */
  update({ change, by }: KeyChange, keyId: string, changes: KeyChanges): Promise<ApiKeyResponse> {
    const { organization_id } = change;
    return this.run(change, async (manager, record) => {
      const key = await lockUnrevoked(manager, { change, by }, keyId, changes.scopes);
      if (takesManagement(key, changes)) await expectAnotherManager(manager, key);
      const before = responseOf(key);
      if (Object.keys(changes).length === 0) return before;
      await manager.update(ApiKey, { organization_id, id: keyId }, { ...changes, updated_at: LATER });
      const after = await retrieveKey(manager, organization_id, keyId);
      await record({ action: 'api_key.updated', target: targetOf(keyId), before, after });
      return after;
    });
  }

  /**
   * Revoking a revoked key changes nothing.
   * @throws Problem NOT_FOUND, PRECONDITION_FAILED, INSUFFICIENT_SCOPE, LAST_API_KEY
   */
  revoke({ change, by }: KeyChange, keyId: string): Promise<void> {
    const { organization_id } = change;
    return this.run(change, async (manager, record) => {
      const key = await lockKey(manager, { change, by }, keyId);
      if (key.revoked_at !== null) return;
      if (manages(key)) await expectAnotherManager(manager, key);
      const revoked = { revoked_at: (): string => 'now()', updated_at: LATER };
      await manager.update(ApiKey, { organization_id, id: keyId }, revoked);
      const after = await retrieveKey(manager, organization_id, keyId);
      await record({ action: 'api_key.revoked', target: targetOf(keyId), before: responseOf(key), after });
    });
  }

  /**
   * The secret of before works for the overlap; one that is older does not any more.
   * @throws Problem NOT_FOUND, PRECONDITION_FAILED, API_KEY_REVOKED, INSUFFICIENT_SCOPE
   */
  rotate({ change, by }: KeyChange, keyId: string, overlapSeconds: number): Promise<NewApiKeyResponse> {
    const { organization_id } = change;
    const { private_secret_key } = newKeyPair();
    return this.run(change, async (manager, record) => {
      await lockUnrevoked(manager, { change, by }, keyId);
      const hash = hashOfSecret(private_secret_key);
      await manager.query(ROTATE_SECRET, [organization_id, keyId, hash, overlapSeconds]);
      const details = { overlap_seconds: overlapSeconds };
      await record({ action: 'api_key.rotated', target: targetOf(keyId), details });
      return withSecret(change, await retrieveKey(manager, organization_id, keyId), private_secret_key);
    });
  }

  /** A key that reaches for more than it has is on record, though its change is not made. */
  private async run<T>(change: Change, work: Parameters<typeof this.changes.run<T>>[1]): Promise<T> {
    try {
      return await this.changes.run(change, work);
    } catch (error) {
      if (error instanceof InsufficientScope) this.refusals.scopeRefused(change, error.missing);
      throw error;
    }
  }
}

/**
 * Changes of the organization's keys come one after the other. What the guard has read may be old by now.
 * @returns the key that asks, as it is
 * @throws Problem INVALID_CREDENTIALS, INSUFFICIENT_SCOPE
 */
async function lockKeys(manager: EntityManager, { change, by }: KeyChange): Promise<ApiKey> {
  const { organization_id } = change;
  await manager.query('SELECT FROM organizations WHERE id = $1 FOR NO KEY UPDATE', [organization_id]);
  const asking = await manager.findOneBy(ApiKey, { organization_id, id: by });
  if (asking === null || !isInForce(asking)) throw new Problem('INVALID_CREDENTIALS');
  expectScopes(asking.scopes, [MANAGES]);
  return asking;
}

/**
 * @param granted scopes that it is to have
 * @throws Problem NOT_FOUND, PRECONDITION_FAILED; INSUFFICIENT_SCOPE where it has more than the key that asks
 */
async function lockKey(
  manager: EntityManager,
  { change, by }: KeyChange,
  keyId: string,
  granted: readonly ScopeName[] = [],
): Promise<ApiKey> {
  const asking = await lockKeys(manager, { change, by });
  const { organization_id } = change;
  const key = await manager.findOne(ApiKey, {
    where: { organization_id, id: keyId },
    lock: { mode: 'pessimistic_write' },
  });
  if (key === null) throw new Problem('NOT_FOUND');
  await expectMatch(change, () => Promise.resolve(responseOf(key)));
  expectScopes(asking.scopes, [...key.scopes, ...granted]);
  return key;
}

/** @throws Problem API_KEY_REVOKED; as lockKey */
async function lockUnrevoked(...parameters: Parameters<typeof lockKey>): Promise<ApiKey> {
  const key = await lockKey(...parameters);
  if (key.revoked_at !== null) throw new Problem('API_KEY_REVOKED');
  return key;
}

function targetOf(id: string): { type: 'api_key'; id: string } {
  return { type: 'api_key', id };
}

function manages(key: ApiKey): boolean {
  return isInForce(key) && key.scopes.includes(MANAGES);
}

/** @returns whether the key manages keys, and would not any longer, or not for as long */
function takesManagement(
  key: ApiKey,
  { scopes = key.scopes, expires_at = key.expires_at }: KeyChanges,
): boolean {
  return manages(key) && (!scopes.includes(MANAGES) || momentOf(expires_at) < momentOf(key.expires_at));
}

function momentOf(expiry: Date | null): number {
  return expiry?.getTime() ?? Infinity;
}

/** @throws Problem LAST_API_KEY unless another key manages the organization's keys */
async function expectAnotherManager(manager: EntityManager, { organization_id, id }: ApiKey): Promise<void> {
  const others = await manager.query<unknown[]>(OTHER_MANAGERS, [organization_id, id, MANAGES, new Date()]);
  if (others.length === 0) throw new Problem('LAST_API_KEY');
}

async function retrieveKey(
  manager: EntityManager,
  organizationId: string,
  keyId: string,
): Promise<ApiKeyResponse> {
  const key = await manager.findOneBy(ApiKey, { organization_id: organizationId, id: keyId });
  if (key === null) throw new Problem('NOT_FOUND');
  return responseOf(key);
}

function responseOf(key: ApiKey): ApiKeyResponse {
  const { public_key: public_api_key, organization_id: _, ...rest } = key;
  const {
    secret_hash: _secret,
    previous_secret_hash: _previous,
    previous_secret_until: _until,
    ...response
  } = rest;
  return { ...response, public_api_key };
}

/** The one answer with the secret; a plan has none, because nothing would come of it. */
function withSecret(
  { dry_run }: Change,
  { ...key }: ApiKeyResponse,
  private_secret_key: string,
): NewApiKeyResponse {
  return dry_run ? key : { ...key, private_secret_key };
}
