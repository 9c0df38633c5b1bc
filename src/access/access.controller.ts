import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { CurrentOrganization } from '../common/auth/current-organization.decorator.js';
import { Scope } from '../common/auth/scope.decorator.js';
import { ApiBodyProblems } from '../common/errors/api-problems.decorator.js';
import { AccountId, UserId } from '../common/http/path-ids.decorator.js';
import { ApiPage, type Page } from '../common/pagination/page.js';
import { AccessService } from './access.service.js';
import { EffectiveAccessQuery, EffectiveAccessResponse } from './dto/effective-access.dto.js';
import { PermissionChecksDto, PermissionChecksResponse } from './dto/permission-checks.dto.js';
import { UserOfAccountResponse, UsersOfAccountQuery } from './dto/users-of-account.dto.js';
import { Operation } from '../common/http/operation.decorator.js';

@ApiTags('Access')
@Controller('organizations')
export class AccessController {
  constructor(private readonly access: AccessService) {}

  @Get('users/:user_id/effective-access')
  @Scope('access:read')
  @Operation(
    'retrieve-effective-access',
    'Retrieve Effective Access',
    'Lists the active accounts that the user has access to, with the union of the permissions of its roles there and ' +
      'every route by which a role applies.',
  )
  @ApiPage(EffectiveAccessResponse, 'The accounts of this page.', 'NOT_FOUND')
  retrieveEffectiveAccess(
    @CurrentOrganization() organizationId: string,
    @UserId() userId: string,
    @Query() query: EffectiveAccessQuery,
  ): Promise<Page<EffectiveAccessResponse>> {
    return this.access.retrieveEffectiveAccess(organizationId, userId, query);
  }

  @Post('permission-checks')
  @Scope('access:read')
  @HttpCode(200)
  @Operation(
    'check-permissions',
    'Check Permissions',
    'Checks whether a user has a permission on an account, for up to 100 checks in one request. A user or account ' +
      'that does not exist in your organization is not an error: the check is refused.',
  )
  @ApiOkResponse({ description: 'The results.', type: PermissionChecksResponse })
  @ApiBodyProblems()
  async checkPermissions(
    @CurrentOrganization() organizationId: string,
    @Body() body: PermissionChecksDto,
  ): Promise<PermissionChecksResponse> {
    return { results: await this.access.checkPermissions(organizationId, body) };
  }

  @Get('accounts/:account_id/users')
  @Scope('access:read')
  @Operation(
    'list-users-of-account',
    'List Users of an Account',
    'Lists the users who have the permission on the account, with every route by which a role grants it.',
  )
  @ApiPage(UserOfAccountResponse, 'The users of this page.', 'NOT_FOUND')
  listUsersOfAccount(
    @CurrentOrganization() organizationId: string,
    @AccountId() accountId: string,
    @Query() query: UsersOfAccountQuery,
  ): Promise<Page<UserOfAccountResponse>> {
    return this.access.listUsersOfAccount(organizationId, accountId, query);
  }
}
