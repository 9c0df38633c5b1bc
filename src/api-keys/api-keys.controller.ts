import { Body, Controller, Delete, Get, HttpCode, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ApiUpdate, ApiCreation, ApiDeletion } from '../unit-of-work/api-mutation.decorator.js';
import type { MutationContext, MutationOutcome } from '../unit-of-work/mutation.js';
import { CurrentMutation } from '../unit-of-work/current-mutation.decorator.js';
import { ApiWithETag } from '../common/http/with-etag.decorator.js';
import { PageQueryDto } from '../common/pagination/page-query.dto.js';
import { ApiPage, type Page } from '../common/pagination/page.js';
import { parseTimestamp } from '../common/validation/timestamp-rules.js';
import { CurrentOrganization } from '../common/auth/current-organization.decorator.js';
import { ApiKeyResponse, NewApiKeyResponse } from './dto/api-key.response.js';
import { CreateApiKeyDto } from './dto/create-api-key.dto.js';
import { RotateApiKeyDto } from './dto/rotate-api-key.dto.js';
import { UpdateApiKeyDto } from './dto/update-api-key.dto.js';
import { ApiKeysService, type ApiKeyPatch } from './api-keys.service.js';
import { Scope } from '../common/auth/scope.decorator.js';
import { sortScopes } from '../common/auth/scopes.js';
import { PathId } from '../common/http/path-ids.decorator.js';
import { Operation } from '../common/http/operation.decorator.js';

const ApiKeyId = (): ParameterDecorator => PathId('api_key_id', 'API key id.');

@ApiTags('API keys')
@Controller('organizations/api-keys')
export class ApiKeysController {
  constructor(private readonly keys: ApiKeysService) {}

  @Post()
  @Scope('api-keys:write')
  @Operation(
    'create-api-key',
    'Create API Key',
    'Creates a key pair. Its secret is returned only in this response. Your own key must have every scope that the new ' +
      'key gets.',
  )
  @ApiCreation(NewApiKeyResponse, 'The new key, with its secret.', { location: '/v1/organizations/api-keys' })
  create(
    @CurrentMutation() context: MutationContext,
    @Body() { name, ...body }: CreateApiKeyDto,
  ): Promise<MutationOutcome<NewApiKeyResponse>> {
    return this.keys.create(context, { name, ...patchOf(body) });
  }

  @Get()
  @Scope('api-keys:read')
  @Operation(
    'list-api-keys',
    'List API Keys',
    'Lists all keys of your organization, including revoked and expired ones, oldest first.',
  )
  @ApiPage(ApiKeyResponse, 'The keys of this page.')
  list(
    @CurrentOrganization() organizationId: string,
    @Query() query: PageQueryDto,
  ): Promise<Page<ApiKeyResponse>> {
    return this.keys.list(organizationId, query);
  }

  @Get(':api_key_id')
  @Scope('api-keys:read')
  @Operation('retrieve-api-key', 'Retrieve API Key', 'Returns the key without its secret.')
  @ApiWithETag(ApiKeyResponse, 'The key.', 'NOT_FOUND')
  retrieve(
    @CurrentOrganization() organizationId: string,
    @ApiKeyId() keyId: string,
  ): Promise<ApiKeyResponse> {
    return this.keys.retrieve(organizationId, keyId);
  }

  @Patch(':api_key_id')
  @Scope('api-keys:write')
  @Operation(
    'update-api-key',
    'Update API Key',
    'Updates the properties that the body has; they take effect within a second. Your own key must have every scope ' +
      'that the key has or gets.',
  )
  @ApiUpdate(ApiKeyResponse, 'The key after the change.', { problems: ['API_KEY_REVOKED', 'LAST_API_KEY'] })
  update(
    @CurrentMutation() context: MutationContext,
    @ApiKeyId() keyId: string,
    @Body() body: UpdateApiKeyDto,
  ): Promise<MutationOutcome<ApiKeyResponse>> {
    return this.keys.update(context, keyId, patchOf(body));
  }

  @Delete(':api_key_id')
  @Scope('api-keys:write')
  @Operation(
    'delete-api-key',
    'Delete API Key',
    'Revokes the key permanently, within a second. It can still be retrieved. Revoking it again changes nothing. ' +
      'Your own key must have every scope that the key has.',
  )
  @ApiDeletion('The key is revoked.', { problems: ['LAST_API_KEY'] })
  delete(
    @CurrentMutation() context: MutationContext,
    @ApiKeyId() keyId: string,
  ): Promise<MutationOutcome<void>> {
    return this.keys.revoke(context, keyId);
  }

  @Post(':api_key_id/rotate')
  @HttpCode(200)
  @Scope('api-keys:write')
  @Operation(
    'rotate-api-key',
    'Rotate API Key',
    'Creates a new secret for the same public key. It is returned only in this response. The previous secret remains ' +
      'valid for `overlap_seconds`. Your own key must have every scope that the key has.',
  )
  @ApiUpdate(NewApiKeyResponse, 'The key, with its new secret.', { problems: ['API_KEY_REVOKED'] })
  rotate(
    @CurrentMutation() context: MutationContext,
    @ApiKeyId() keyId: string,
    @Body() { overlap_seconds }: RotateApiKeyDto,
  ): Promise<MutationOutcome<NewApiKeyResponse>> {
    return this.keys.rotate(context, keyId, overlap_seconds);
  }
}

/** Properties that the body leaves out are absent from the patch, too. */
function patchOf({ name, scopes, expires_at, allowed_ips }: UpdateApiKeyDto): ApiKeyPatch {
  return {
    ...(name === undefined ? {} : { name }),
    ...(scopes === undefined ? {} : { scopes: sortScopes(scopes.map(({ value }) => value)) }),
    ...(expires_at === undefined ? {} : { expires_at: parseTimestamp(expires_at) ?? null }),
    ...(allowed_ips === undefined ? {} : { allowed_ips: allowed_ips.map(({ value }) => value) }),
  };
}
