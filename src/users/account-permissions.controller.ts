import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Put } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { CurrentOrganization } from '../auth/current-organization.decorator.js';
import { ApiBodyProblems, ApiProblems } from '../common/errors/api-problems.decorator.js';
import { PathIdPipe } from '../common/validation/path-id.pipe.js';
import { SANDBOX } from '../organizations/sandbox.ids.js';
import { AccountPermissionsDto } from './dto/permissions.dto.js';
import { AccountPermissionsResponse, StatusResponse } from './dto/permissions.response.js';
import { ApiUserId } from './dto/user-id.decorator.js';
import { ON_ACCOUNTS, PermissionsService, type Assignment } from './permissions.service.js';

@ApiTags('Permissions of users')
@Controller('organizations/users/:user_id/account-permissions')
export class AccountPermissionsController {
  constructor(private readonly permissions: PermissionsService) {}

  @Get()
  @ApiOperation({
    operationId: 'retrieve-user-account-permissions',
    summary: 'Retrieve Account Permissions of a User',
    description: 'The roles that the user holds on accounts, with names.',
  })
  @ApiUserId()
  @ApiOkResponse({ description: 'The permissions.', type: AccountPermissionsResponse })
  @ApiProblems('NOT_FOUND')
  async list(
    @CurrentOrganization() organizationId: string,
    @Param('user_id', PathIdPipe) userId: string,
  ): Promise<AccountPermissionsResponse> {
    return { permissions: await this.permissions.list(ON_ACCOUNTS, organizationId, userId) };
  }

  @Put()
  @ApiOperation({
    operationId: 'replace-user-account-permissions',
    summary: 'Replace Account Permissions of a User',
    description:
      'Afterwards the user holds these roles on accounts, and no others. One bad entry changes nothing.',
  })
  @ApiUserId()
  @ApiOkResponse({ description: 'The permissions are replaced.', type: StatusResponse })
  @ApiBodyProblems('NOT_FOUND')
  async replace(
    @CurrentOrganization() organizationId: string,
    @Param('user_id', PathIdPipe) userId: string,
    @Body() body: AccountPermissionsDto,
  ): Promise<StatusResponse> {
    await this.permissions.replace(ON_ACCOUNTS, organizationId, userId, assignmentsOf(body));
    return { status: 'ok' };
  }

  @Patch()
  @ApiOperation({
    operationId: 'update-user-account-permissions',
    summary: 'Update Account Permissions of a User',
    description:
      'Adds these roles or changes those held on the same accounts; removes nothing. One bad entry changes nothing.',
  })
  @ApiUserId()
  @ApiOkResponse({
    description: 'All of these permissions after the change.',
    type: AccountPermissionsResponse,
  })
  @ApiBodyProblems('NOT_FOUND')
  async update(
    @CurrentOrganization() organizationId: string,
    @Param('user_id', PathIdPipe) userId: string,
    @Body() body: AccountPermissionsDto,
  ): Promise<AccountPermissionsResponse> {
    return {
      permissions: await this.permissions.add(ON_ACCOUNTS, organizationId, userId, assignmentsOf(body)),
    };
  }

  @Delete(':account_id')
  @HttpCode(204)
  @ApiOperation({
    operationId: 'delete-user-account-permission',
    summary: 'Delete Account Permission of a User',
    description: 'Takes the role away that the user holds on this account.',
  })
  @ApiUserId()
  @ApiParam({
    name: 'account_id',
    description: 'Account id.',
    schema: { type: 'string', format: 'uuid' },
    example: SANDBOX.accounts.lisbon,
  })
  @ApiNoContentResponse({ description: 'The permission is gone.' })
  @ApiProblems('NOT_FOUND')
  remove(
    @CurrentOrganization() organizationId: string,
    @Param('user_id', PathIdPipe) userId: string,
    @Param('account_id', PathIdPipe) targetId: string,
  ): Promise<void> {
    return this.permissions.remove(ON_ACCOUNTS, organizationId, userId, targetId);
  }
}

function assignmentsOf({ account_permissions }: AccountPermissionsDto): Assignment[] {
  return account_permissions.map(({ account_id, role_id }) => ({ target_id: account_id, role_id }));
}
