import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { RefusalsService } from '../audit/refusals.service.js';
import { isActive } from '../common/auth/active-api-key.js';
import { hashOfSecret, createKeyPair } from '../common/auth/key-pair.js';
import { assertScopes, InsufficientScope, type ScopeName } from '../common/auth/scopes.js';
import { Problem } from '../common/errors/problem.js';
import { listPage } from '../common/pagination/list-page.js';
import type { PageQueryDto } from '../common/pagination/page-query.dto.js';
import type { Page } from '../common/pagination/page.js';
import { nextUpdatedAt } from '../database/next-updated-at.js';
import { TenantDatabase } from '../database/tenant-database.js';
import type { MutationContext, MutationOutcome } from '../unit-of-work/mutation.js';
import { UnitOfWork, type Transaction } from '../unit-of-work/unit-of-work.js';
import { apiKeys } from './api-keys.queries.js';
import { ApiKeysRepository, type NewApiKey } from './api-keys.repository.js';
import type { ApiKeyResponse, NewApiKeyResponse } from './dto/api-key.response.js';
import { ApiKey } from './entities/api-key.entity.js';

export type ApiKeyPatch = Partial<Pick<ApiKey, 'name' | 'scopes' | 'expires_at' | 'allowed_ips'>>;

/** The scope for managing keys. Every organization always has an active key with it. */
const MANAGEMENT_SCOPE: ScopeName = 'api-keys:write';

const ROTATE_SECRET = `
  UPDATE api_keys SET secret_hash = $3, updated_at = ${nextUpdatedAt()},
    previous_secret_hash = CASE WHEN $4::int > 0 THEN secret_hash END,
    previous_secret_until = CASE WHEN $4::int > 0 THEN now() + $4::int * interval '1 second' END
  WHERE organization_id = $1 AND id = $2`;

const OTHER_MANAGERS = `
  SELECT FROM api_keys
  WHERE organization_id = $1 AND id <> $2 AND $3 = ANY(scopes)
    AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $4)
  LIMIT 1`;

/** Manages the keys of an organization. The calling key can neither grant nor manage scopes that it does not have. */
@Injectable()
export class ApiKeysService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly unitOfWork: UnitOfWork,
    private readonly apiKeys: ApiKeysRepository,
    private readonly refusals: RefusalsService,
  ) {}

  /**
   * @param key `scopes` defaults to those of the calling key
   * @throws Problem INSUFFICIENT_SCOPE
   */
  create(context: MutationContext, key: NewApiKey): Promise<MutationOutcome<NewApiKeyResponse>> {
    const { organizationId } = context;
    const pair = createKeyPair();
    return this.run(context, async ({ manager, record }) => {
      const caller = await lockKeys(manager, context);
      const scopes = key.scopes ?? caller.scopes;
      assertScopes(caller.scopes, scopes);
      const id = await this.apiKeys.insert(manager, organizationId, { ...key, scopes }, pair);
      const created = await retrieveKey(manager, organizationId, id);
      await record({ action: 'api_key.created', target: { type: 'api_key', id }, after: created });
      return withSecret(context, created, pair.private_secret_key);
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
  update(
    context: MutationContext,
    keyId: string,
    patch: ApiKeyPatch,
  ): Promise<MutationOutcome<ApiKeyResponse>> {
    const { organizationId } = context;
    return this.run(context, async (transaction) => {
      const { manager, record } = transaction;
      const key = await lockUnrevokedKey(transaction, context, keyId, patch.scopes);
      if (endsManagement(key, patch)) await assertOtherManager(manager, key);
      const before = toResponse(key);
      if (Object.keys(patch).length === 0) return before;
      const row = { organization_id: organizationId, id: keyId };
      await manager.update(ApiKey, row, { ...patch, updated_at: nextUpdatedAt });
      const after = await retrieveKey(manager, organizationId, keyId);
      await record({ action: 'api_key.updated', target: { type: 'api_key', id: keyId }, before, after });
      return after;
    });
  }

  /**
   * Revokes the key. Revoking it again changes nothing.
   * @throws Problem NOT_FOUND, PRECONDITION_FAILED, INSUFFICIENT_SCOPE, LAST_API_KEY
   */
  revoke(context: MutationContext, keyId: string): Promise<MutationOutcome<void>> {
    const { organizationId } = context;
    return this.run(context, async (transaction) => {
      const { manager, record } = transaction;
      const key = await lockKey(transaction, context, keyId);
      if (key.revoked_at !== null) return;
      if (managesKeys(key)) await assertOtherManager(manager, key);
      const revoked = { revoked_at: (): string => 'now()', updated_at: nextUpdatedAt };
      await manager.update(ApiKey, { organization_id: organizationId, id: keyId }, revoked);
      const after = await retrieveKey(manager, organizationId, keyId);
      await record({
        action: 'api_key.revoked',
        target: { type: 'api_key', id: keyId },
        before: toResponse(key),
        after,
      });
    });
  }

  /**
   * Replaces the secret. The previous one remains valid for the overlap; older ones become invalid.
   * @throws Problem NOT_FOUND, PRECONDITION_FAILED, API_KEY_REVOKED, INSUFFICIENT_SCOPE
   */
  rotate(
    context: MutationContext,
    keyId: string,
    overlapSeconds: number,
  ): Promise<MutationOutcome<NewApiKeyResponse>> {
    const { organizationId } = context;
    const { private_secret_key } = createKeyPair();
    return this.run(context, async (transaction) => {
      const { manager, record } = transaction;
      await lockUnrevokedKey(transaction, context, keyId);
      const hash = hashOfSecret(private_secret_key);
      await manager.query(ROTATE_SECRET, [organizationId, keyId, hash, overlapSeconds]);
      const details = { overlap_seconds: overlapSeconds };
      await record({ action: 'api_key.rotated', target: { type: 'api_key', id: keyId }, details });
      return withSecret(context, await retrieveKey(manager, organizationId, keyId), private_secret_key);
    });
  }

  /** Audits a refusal for missing scopes, which outlives the rollback of the change. */
  private async run<T>(
    context: MutationContext,
    work: (transaction: Transaction) => Promise<T>,
  ): Promise<MutationOutcome<T>> {
    try {
      return await this.unitOfWork.run(context, work);
    } catch (error) {
      if (error instanceof InsufficientScope) this.refusals.scopeRefused(context, error.missing);
      throw error;
    }
  }
}

/**
 * Serializes changes of the organization's keys. Reads the calling key again, because the guard may have cached it.
 * @returns the calling key
 * @throws Problem INVALID_CREDENTIALS, INSUFFICIENT_SCOPE
 */
async function lockKeys(
  manager: EntityManager,
  { organizationId, source }: MutationContext,
): Promise<ApiKey> {
  await manager.query('SELECT FROM organizations WHERE id = $1 FOR NO KEY UPDATE', [organizationId]);
  const caller = await manager.findOneBy(ApiKey, {
    organization_id: organizationId,
    id: source.actor.id ?? '',
  });
  if (caller === null || !isActive(caller)) throw new Problem('INVALID_CREDENTIALS');
  assertScopes(caller.scopes, [MANAGEMENT_SCOPE]);
  return caller;
}

/**
 * @param grantedScopes scopes that the key is to get
 * @throws Problem NOT_FOUND, PRECONDITION_FAILED; INSUFFICIENT_SCOPE when the calling key lacks a scope that the key has
 * or is to get
 */
async function lockKey(
  { manager, assertMatch }: Transaction,
  context: MutationContext,
  keyId: string,
  grantedScopes: readonly ScopeName[] = [],
): Promise<ApiKey> {
  const caller = await lockKeys(manager, context);
  const key = await manager.findOne(ApiKey, {
    where: { organization_id: context.organizationId, id: keyId },
    lock: { mode: 'pessimistic_write' },
  });
  if (key === null) throw new Problem('NOT_FOUND');
  await assertMatch(() => toResponse(key));
  assertScopes(caller.scopes, [...key.scopes, ...grantedScopes]);
  return key;
}

/** @throws Problem API_KEY_REVOKED, and those of lockKey */
async function lockUnrevokedKey(...parameters: Parameters<typeof lockKey>): Promise<ApiKey> {
  const key = await lockKey(...parameters);
  if (key.revoked_at !== null) throw new Problem('API_KEY_REVOKED');
  return key;
}

function managesKeys(key: ApiKey): boolean {
  return isActive(key) && key.scopes.includes(MANAGEMENT_SCOPE);
}

/** Returns whether the patch removes the management scope from the key or makes the key expire earlier. */
function endsManagement(
  key: ApiKey,
  { scopes = key.scopes, expires_at = key.expires_at }: ApiKeyPatch,
): boolean {
  return (
    managesKeys(key) &&
    (!scopes.includes(MANAGEMENT_SCOPE) || expiryTime(expires_at) < expiryTime(key.expires_at))
  );
}

function expiryTime(expiry: Date | null): number {
  return expiry?.getTime() ?? Infinity;
}

/** @throws Problem LAST_API_KEY unless another active key manages the organization's keys */
async function assertOtherManager(manager: EntityManager, { organization_id, id }: ApiKey): Promise<void> {
  const others = await manager.query<unknown[]>(OTHER_MANAGERS, [
    organization_id,
    id,
    MANAGEMENT_SCOPE,
    new Date(),
  ]);
  if (others.length === 0) throw new Problem('LAST_API_KEY');
}

async function retrieveKey(
  manager: EntityManager,
  organizationId: string,
  keyId: string,
): Promise<ApiKeyResponse> {
  const key = await manager.findOneBy(ApiKey, { organization_id: organizationId, id: keyId });
  if (key === null) throw new Problem('NOT_FOUND');
  return toResponse(key);
}

function toResponse(key: ApiKey): ApiKeyResponse {
  const { public_key: public_api_key, organization_id: _, ...rest } = key;
  const {
    secret_hash: _secret,
    previous_secret_hash: _previous,
    previous_secret_until: _until,
    ...response
  } = rest;
  return { ...response, public_api_key };
}

/** Adds the secret to the response. A dry run returns none. */
function withSecret(
  { dryRun }: MutationContext,
  { ...key }: ApiKeyResponse,
  private_secret_key: string,
): NewApiKeyResponse {
  return dryRun ? key : { ...key, private_secret_key };
}
