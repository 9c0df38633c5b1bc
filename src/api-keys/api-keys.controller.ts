import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { ApiUpdate, ApiCreation, ApiDeletion } from '../unit-of-work/api-mutation.decorator.js';
import type { MutationContext } from '../unit-of-work/mutation-context.js';
import type { MutationOutcome } from '../unit-of-work/mutation-outcome.js';
import { CurrentMutation } from '../unit-of-work/current-mutation.decorator.js';
import { ApiProblems } from '../common/errors/api-problems.decorator.js';
import { ApiWithETag } from '../common/http/with-etag.decorator.js';
import { PageQueryDto } from '../common/pagination/page-query.dto.js';
import { ApiPage, type Page } from '../common/pagination/page.js';
import { parseTimestamp } from '../common/validation/timestamp-rules.js';
import { PathIdPipe } from '../common/validation/path-id.pipe.js';
import { CurrentOrganization } from '../common/auth/current-organization.decorator.js';
import { ApiKeyResponse, NewApiKeyResponse } from './dto/api-key.response.js';
import { CreateApiKeyDto } from './dto/create-api-key.dto.js';
import { RotateApiKeyDto } from './dto/rotate-api-key.dto.js';
import { UpdateApiKeyDto } from './dto/update-api-key.dto.js';
import { ApiKeysService, type ApiKeyPatch } from './api-keys.service.js';
import { Scope } from '../common/auth/scope.decorator.js';
import { sortScopes } from '../common/auth/scopes.js';

const ApiKeyId = (): MethodDecorator =>
  ApiParam({ name: 'api_key_id', description: 'API key id.', schema: { type: 'string', format: 'uuid' } });

@ApiTags('API keys')
@Controller('organizations/api-keys')
export class ApiKeysController {
  constructor(private readonly keys: ApiKeysService) {}

  @Post()
  @Scope('api-keys:write')
  @ApiOperation({
    operationId: 'create-api-key',
    summary: 'Create API Key',
    description:
      'Creates a key pair. Its secret is returned only in this response. Your own key must have every scope that the new ' +
      'key gets.',
  })
  @ApiCreation({
    description: 'The new key, with its secret.',
    type: NewApiKeyResponse,
    hasETag: true,
    location: '/v1/organizations/api-keys',
  })
  create(
    @CurrentMutation() context: MutationContext,
    @Body() { name, ...body }: CreateApiKeyDto,
  ): Promise<MutationOutcome<NewApiKeyResponse>> {
    return this.keys.create(context, { name, ...patchOf(body) });
  }

  @Get()
  @Scope('api-keys:read')
  @ApiOperation({
    operationId: 'list-api-keys',
    summary: 'List API Keys',
    description: 'Lists all keys of your organization, including revoked and expired ones, oldest first.',
  })
  @ApiPage(ApiKeyResponse, 'The keys of this page.')
  @ApiProblems('VALIDATION_ERROR')
  list(
    @CurrentOrganization() organizationId: string,
    @Query() query: PageQueryDto,
  ): Promise<Page<ApiKeyResponse>> {
    return this.keys.list(organizationId, query);
  }

  @Get(':api_key_id')
  @Scope('api-keys:read')
  @ApiOperation({
    operationId: 'retrieve-api-key',
    summary: 'Retrieve API Key',
    description: 'Returns the key without its secret.',
  })
  @ApiKeyId()
  @ApiWithETag({ description: 'The key.', type: ApiKeyResponse })
  @ApiProblems('NOT_FOUND')
  retrieve(
    @CurrentOrganization() organizationId: string,
    @Param('api_key_id', PathIdPipe) keyId: string,
  ): Promise<ApiKeyResponse> {
    return this.keys.retrieve(organizationId, keyId);
  }

  @Patch(':api_key_id')
  @Scope('api-keys:write')
  @ApiOperation({
    operationId: 'update-api-key',
    summary: 'Update API Key',
    description:
      'Updates the properties that the body has; they take effect within a second. Your own key must have every scope ' +
      'that the key has or gets.',
  })
  @ApiKeyId()
  @ApiUpdate({
    description: 'The key after the change.',
    type: ApiKeyResponse,
    hasETag: true,
    problems: ['NOT_FOUND', 'API_KEY_REVOKED', 'LAST_API_KEY'],
  })
  update(
    @CurrentMutation() context: MutationContext,
    @Param('api_key_id', PathIdPipe) keyId: string,
    @Body() body: UpdateApiKeyDto,
  ): Promise<MutationOutcome<ApiKeyResponse>> {
    return this.keys.update(context, keyId, patchOf(body));
  }

  @Delete(':api_key_id')
  @Scope('api-keys:write')
  @ApiOperation({
    operationId: 'delete-api-key',
    summary: 'Delete API Key',
    description:
      'Revokes the key permanently, within a second. It can still be retrieved. Revoking it again changes nothing. ' +
      'Your own key must have every scope that the key has.',
  })
  @ApiKeyId()
  @ApiDeletion({ description: 'The key is revoked.', problems: ['NOT_FOUND', 'LAST_API_KEY'] })
  delete(
    @CurrentMutation() context: MutationContext,
    @Param('api_key_id', PathIdPipe) keyId: string,
  ): Promise<MutationOutcome<void>> {
    return this.keys.revoke(context, keyId);
  }

  @Post(':api_key_id/rotate')
  @HttpCode(200)
  @Scope('api-keys:write')
  @ApiOperation({
    operationId: 'rotate-api-key',
    summary: 'Rotate API Key',
    description:
      'Creates a new secret for the same public key. It is returned only in this response. The previous secret remains ' +
      'valid for `overlap_seconds`. Your own key must have every scope that the key has.',
  })
  @ApiKeyId()
  @ApiUpdate({
    description: 'The key, with its new secret.',
    type: NewApiKeyResponse,
    hasETag: true,
    problems: ['NOT_FOUND', 'API_KEY_REVOKED'],
  })
  rotate(
    @CurrentMutation() context: MutationContext,
    @Param('api_key_id', PathIdPipe) keyId: string,
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
