import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentOrganization } from '../common/auth/current-organization.decorator.js';
import { Scope } from '../common/auth/scope.decorator.js';
import { ApiBodyProblems, ApiProblems } from '../common/errors/api-problems.decorator.js';
import { ApiAccountId, ApiUserId } from '../common/http/path-ids.decorator.js';
import { ApiPage, type Page } from '../common/pagination/page.js';
import { PathIdPipe } from '../common/validation/path-id.pipe.js';
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
      'Lists the active accounts that the user has access to, with the union of the permissions of its roles there and ' +
      'every route by which a role applies.',
  })
  @ApiUserId()
  @ApiPage(EffectiveAccessResponse, 'The accounts of this page.')
  @ApiProblems('NOT_FOUND', 'VALIDATION_ERROR')
  retrieveEffectiveAccess(
    @CurrentOrganization() organizationId: string,
    @Param('user_id', PathIdPipe) userId: string,
    @Query() query: EffectiveAccessQuery,
  ): Promise<Page<EffectiveAccessResponse>> {
    return this.access.retrieveEffectiveAccess(organizationId, userId, query);
  }

  @Post('permission-checks')
  @Scope('access:read')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'check-permissions',
    summary: 'Check Permissions',
    description:
      'Checks whether a user has a permission on an account, for up to 100 checks in one request. A user or account ' +
      'that does not exist in your organization is not an error: the check is refused.',
  })
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
  @ApiOperation({
    operationId: 'list-users-of-account',
    summary: 'List Users of an Account',
    description:
      'Lists the users who have the permission on the account, with every route by which a role grants it.',
  })
  @ApiAccountId()
  @ApiPage(UserOfAccountResponse, 'The users of this page.')
  @ApiProblems('NOT_FOUND', 'VALIDATION_ERROR')
  listUsersOfAccount(
    @CurrentOrganization() organizationId: string,
    @Param('account_id', PathIdPipe) accountId: string,
    @Query() query: UsersOfAccountQuery,
  ): Promise<Page<UserOfAccountResponse>> {
    return this.access.listUsersOfAccount(organizationId, accountId, query);
  }
}
