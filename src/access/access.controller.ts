import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { CurrentOrganization } from '../common/auth/current-organization.decorator.js';
import { Scope } from '../common/auth/scope.decorator.js';
import { ApiBodyProblems, ApiProblems } from '../common/errors/api-problems.decorator.js';
import { ApiPage, type Page } from '../common/pagination/page.js';
import { PathIdPipe } from '../common/validation/path-id.pipe.js';
import { SANDBOX } from '../common/sandbox-ids.js';
import { AccessService } from './access.service.js';
import { EffectiveAccessQuery, EffectiveAccessResponse } from './dto/effective-access.dto.js';
import { PermissionChecksDto, PermissionChecksResponse } from './dto/permission-checks.dto.js';
import { UserOfAccountResponse, UsersOfAccountQuery } from './dto/users-of-account.dto.js';

@ApiTags('Access')
@Controller('organizations')
export class AccessController {
  constructor(private readonly access: AccessService) {}

  @Get('users/:user_id/effective-access')
  @Scope('access:read')
  @ApiOperation({
    operationId: 'retrieve-effective-access',
    summary: 'Retrieve Effective Access',
    description:
      'All active accounts that the user reaches by any route, with the union of what its roles allow there, and why.',
  })
  @ApiParam({ name: 'user_id', description: 'User id.', schema: { type: 'string', format: 'uuid' } })
  @ApiPage(EffectiveAccessResponse, 'The accounts of this page.')
  @ApiProblems('NOT_FOUND', 'VALIDATION_ERROR')
  effectiveAccess(
    @CurrentOrganization() organizationId: string,
    @Param('user_id', PathIdPipe) userId: string,
    @Query() query: EffectiveAccessQuery,
  ): Promise<Page<EffectiveAccessResponse>> {
    return this.access.effectiveAccess(organizationId, userId, query);
  }

  @Post('permission-checks')
  @Scope('access:read')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'check-permissions',
    summary: 'Check Permissions',
    description:
      'May this user do this on that account? Up to 100 questions at once. Users and accounts that your ' +
      'organization does not have may nothing; they are no error.',
  })
  @ApiOkResponse({ description: 'The answers.', type: PermissionChecksResponse })
  @ApiBodyProblems()
  async check(
    @CurrentOrganization() organizationId: string,
    @Body() body: PermissionChecksDto,
  ): Promise<PermissionChecksResponse> {
    return { results: await this.access.check(organizationId, body) };
  }

  @Get('accounts/:account_id/users')
  @Scope('access:read')
  @ApiOperation({
    operationId: 'list-users-of-account',
    summary: 'List Users of an Account',
    description: 'The users who may do this on the account by any route, and why.',
  })
  @ApiParam({
    name: 'account_id',
    description: 'Account id.',
    schema: { type: 'string', format: 'uuid' },
    example: SANDBOX.accounts.lisbon,
  })
  @ApiPage(UserOfAccountResponse, 'The users of this page.')
  @ApiProblems('NOT_FOUND', 'VALIDATION_ERROR')
  usersOfAccount(
    @CurrentOrganization() organizationId: string,
    @Param('account_id', PathIdPipe) accountId: string,
    @Query() query: UsersOfAccountQuery,
  ): Promise<Page<UserOfAccountResponse>> {
    return this.access.usersOfAccount(organizationId, accountId, query);
  }
}
