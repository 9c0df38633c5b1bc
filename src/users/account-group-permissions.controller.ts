import { Body, Controller, Delete, Get, Param, Patch, Put } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { CurrentOrganization } from '../auth/current-organization.decorator.js';
import { Scope } from '../auth/scope.decorator.js';
import { ApiChange, ApiDeletion } from '../changes/api-change.decorator.js';
import type { Change } from '../changes/change.js';
import { CurrentChange } from '../changes/current-change.decorator.js';
import { ApiProblems } from '../common/errors/api-problems.decorator.js';
import { ApiTagged } from '../common/http/api-tagged.decorator.js';
import { PathIdPipe } from '../common/validation/path-id.pipe.js';
import { SANDBOX } from '../organizations/sandbox.ids.js';
import { AccountGroupPermissionsDto } from './dto/permissions.dto.js';
import { AccountGroupPermissionsResponse, StatusResponse } from './dto/permissions.response.js';
import { ApiUserId } from './dto/user-id.decorator.js';
import { ON_ACCOUNT_GROUPS, PermissionsService, type Assignment } from './permissions.service.js';

@ApiTags('Permissions of users')
@Controller('organizations/users/:user_id/account-group-permissions')
export class AccountGroupPermissionsController {
  constructor(private readonly permissions: PermissionsService) {}

  @Get()
  @Scope('users:read')
  @ApiOperation({
    operationId: 'retrieve-user-account-group-permissions',
    summary: 'Retrieve Account Group Permissions of a User',
    description: 'The roles that the user holds on account groups, with names.',
  })
  @ApiUserId()
  @ApiTagged({ description: 'The permissions.', type: AccountGroupPermissionsResponse })
  @ApiProblems('NOT_FOUND')
  list(
    @CurrentOrganization() organizationId: string,
    @Param('user_id', PathIdPipe) userId: string,
  ): Promise<AccountGroupPermissionsResponse> {
    return this.permissions.list(ON_ACCOUNT_GROUPS, organizationId, userId);
  }

  @Put()
  @Scope('users:write')
  @ApiOperation({
    operationId: 'replace-user-account-group-permissions',
    summary: 'Replace Account Group Permissions of a User',
    description:
      'Afterwards the user holds these roles on account groups, and no others. One bad entry changes nothing.',
  })
  @ApiUserId()
  @ApiChange({
    description: 'The permissions are replaced.',
    type: StatusResponse,
    problems: ['NOT_FOUND'],
  })
  replace(
    @CurrentChange() change: Change,
    @Param('user_id', PathIdPipe) userId: string,
    @Body() body: AccountGroupPermissionsDto,
  ): Promise<StatusResponse> {
    return this.permissions.replace(ON_ACCOUNT_GROUPS, change, userId, assignmentsOf(body));
  }

  @Patch()
  @Scope('users:write')
  @ApiOperation({
    operationId: 'update-user-account-group-permissions',
    summary: 'Update Account Group Permissions of a User',
    description:
      'Adds these roles or changes those held on the same account groups; removes nothing. One bad entry changes nothing.',
  })
  @ApiUserId()
  @ApiChange({
    description: 'All of these permissions after the change.',
    type: AccountGroupPermissionsResponse,
    problems: ['NOT_FOUND'],
  })
  update(
    @CurrentChange() change: Change,
    @Param('user_id', PathIdPipe) userId: string,
    @Body() body: AccountGroupPermissionsDto,
  ): Promise<AccountGroupPermissionsResponse> {
    return this.permissions.add(ON_ACCOUNT_GROUPS, change, userId, assignmentsOf(body));
  }

  @Delete(':account_group_id')
  @Scope('users:write')
  @ApiOperation({
    operationId: 'delete-user-account-group-permission',
    summary: 'Delete Account Group Permission of a User',
    description: 'Takes the role away that the user holds on this account group.',
  })
  @ApiUserId()
  @ApiParam({
    name: 'account_group_id',
    description: 'Account Group id.',
    schema: { type: 'string', format: 'uuid' },
    example: SANDBOX.account_groups.americas,
  })
  @ApiDeletion({ description: 'The permission is gone.', problems: ['NOT_FOUND'] })
  remove(
    @CurrentChange() change: Change,
    @Param('user_id', PathIdPipe) userId: string,
    @Param('account_group_id', PathIdPipe) targetId: string,
  ): Promise<void> {
    return this.permissions.remove(ON_ACCOUNT_GROUPS, change, userId, targetId);
  }
}

function assignmentsOf({ account_group_permissions }: AccountGroupPermissionsDto): Assignment[] {
  return account_group_permissions.map(({ account_group_id, role_id }) => ({
    target_id: account_group_id,
    role_id,
  }));
}
