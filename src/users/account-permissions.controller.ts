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
import { AccountPermissionsDto } from './dto/permissions.dto.js';
import { AccountPermissionsResponse, StatusResponse } from './dto/permissions.response.js';
import { ApiUserId } from './dto/user-id.decorator.js';
import { ON_ACCOUNTS, PermissionsService, type Assignment } from './permissions.service.js';

@ApiTags('Permissions of users')
@Controller('organizations/users/:user_id/account-permissions')
export class AccountPermissionsController {
  constructor(private readonly permissions: PermissionsService) {}

  @Get()
  @Scope('users:read')
  @ApiOperation({
    operationId: 'retrieve-user-account-permissions',
    summary: 'Retrieve Account Permissions of a User',
    description: 'The roles that the user holds on accounts, with names.',
  })
  @ApiUserId()
  @ApiTagged({ description: 'The permissions.', type: AccountPermissionsResponse })
  @ApiProblems('NOT_FOUND')
  list(
    @CurrentOrganization() organizationId: string,
    @Param('user_id', PathIdPipe) userId: string,
  ): Promise<AccountPermissionsResponse> {
    return this.permissions.list(ON_ACCOUNTS, organizationId, userId);
  }

  @Put()
  @Scope('users:write')
  @ApiOperation({
    operationId: 'replace-user-account-permissions',
    summary: 'Replace Account Permissions of a User',
    description:
      'Afterwards the user holds these roles on accounts, and no others, disabled accounts included. One bad entry ' +
      'changes nothing.',
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
    @Body() body: AccountPermissionsDto,
  ): Promise<StatusResponse> {
    return this.permissions.replace(ON_ACCOUNTS, change, userId, assignmentsOf(body));
  }

  @Patch()
  @Scope('users:write')
  @ApiOperation({
    operationId: 'update-user-account-permissions',
    summary: 'Update Account Permissions of a User',
    description:
      'Adds these roles or changes those held on the same accounts; removes nothing. One bad entry changes nothing.',
  })
  @ApiUserId()
  @ApiChange({
    description: 'All of these permissions after the change.',
    type: AccountPermissionsResponse,
    problems: ['NOT_FOUND'],
  })
  update(
    @CurrentChange() change: Change,
    @Param('user_id', PathIdPipe) userId: string,
    @Body() body: AccountPermissionsDto,
  ): Promise<AccountPermissionsResponse> {
    return this.permissions.add(ON_ACCOUNTS, change, userId, assignmentsOf(body));
  }

  @Delete(':account_id')
  @Scope('users:write')
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
  @ApiDeletion({ description: 'The permission is gone.', problems: ['NOT_FOUND'] })
  remove(
    @CurrentChange() change: Change,
    @Param('user_id', PathIdPipe) userId: string,
    @Param('account_id', PathIdPipe) targetId: string,
  ): Promise<void> {
    return this.permissions.remove(ON_ACCOUNTS, change, userId, targetId);
  }
}

function assignmentsOf({ account_permissions }: AccountPermissionsDto): Assignment[] {
  return account_permissions.map(({ account_id, role_id }) => ({ target_id: account_id, role_id }));
}
