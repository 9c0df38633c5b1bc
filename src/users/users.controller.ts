import { Body, Controller, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentOrganization } from '../auth/current-organization.decorator.js';
import { Scope } from '../auth/scope.decorator.js';
import { ApiChange, ApiCreation, ApiDeletion } from '../changes/api-change.decorator.js';
import type { Change } from '../changes/change.js';
import { CurrentChange } from '../changes/current-change.decorator.js';
import { ApiProblems } from '../common/errors/api-problems.decorator.js';
import { ApiTagged } from '../common/http/api-tagged.decorator.js';
import { ApiPage, type Page } from '../common/pagination/page.js';
import { PathIdPipe } from '../common/validation/path-id.pipe.js';
import { SharesConnection } from '../limits/turn.interceptor.js';
import { CreateUserDto } from './dto/create-user.dto.js';
import { DeleteUserQuery } from './dto/delete-user.query.js';
import { ListUsersQuery } from './dto/list-users.query.js';
import { UpdateUserDto } from './dto/update-user.dto.js';
import { ApiUserId } from './dto/user-id.decorator.js';
import { UserResponse } from './dto/user.response.js';
import { UsersService } from './users.service.js';

@ApiTags('Users')
@Controller('organizations/users')
export class UsersController {
  constructor(private readonly users: UsersService) {}

  @Post()
  @Scope('users:write')
  @SharesConnection(true)
  @ApiOperation({
    operationId: 'create-user',
    summary: 'Create User',
    description:
      'Creates a user in this database only (no external identity provider), together with the roles that it holds. ' +
      'At least one permission assignment is needed: account_permissions, account_group_permissions, or both. ' +
      'The user and its permissions are one change: all of it or nothing.',
  })
  @ApiCreation({
    description: 'The new user.',
    type: UserResponse,
    tagged: true,
    below: '/v1/organizations/users',
    problems: ['USER_ALREADY_EXISTS'],
  })
  create(@CurrentChange() change: Change, @Body() body: CreateUserDto): Promise<UserResponse> {
    return this.users.create(change, body);
  }

  @Get()
  @Scope('users:read')
  @ApiOperation({
    operationId: 'list-users',
    summary: 'List Users',
    description:
      'Users of your organization, oldest first unless `sort` says otherwise. Filters and `search` combine; ' +
      'with `email` it finds one user by its address.',
  })
  @ApiPage(UserResponse, 'The users of this page.')
  @ApiProblems('VALIDATION_ERROR')
  list(
    @CurrentOrganization() organizationId: string,
    @Query() query: ListUsersQuery,
  ): Promise<Page<UserResponse>> {
    return this.users.list(organizationId, query, query);
  }

  @Get(':user_id')
  @Scope('users:read')
  @SharesConnection(true)
  @ApiOperation({
    operationId: 'retrieve-user',
    summary: 'Retrieve User',
    description: 'The user with the roles that were given to it.',
  })
  @ApiUserId()
  @ApiTagged({ description: 'The user.', type: UserResponse })
  @ApiProblems('NOT_FOUND')
  retrieve(
    @CurrentOrganization() organizationId: string,
    @Param('user_id', PathIdPipe) userId: string,
  ): Promise<UserResponse> {
    return this.users.retrieve(organizationId, userId);
  }

  @Patch(':user_id')
  @Scope('users:write')
  @ApiOperation({
    operationId: 'update-user',
    summary: 'Update User',
    description: 'Changes the names that are given. The e-mail address cannot be changed.',
  })
  @ApiUserId()
  @ApiChange({
    description: 'The user after the change.',
    type: UserResponse,
    tagged: true,
    problems: ['NOT_FOUND'],
  })
  update(
    @CurrentChange() change: Change,
    @Param('user_id', PathIdPipe) userId: string,
    @Body() names: UpdateUserDto,
  ): Promise<UserResponse> {
    return this.users.update(change, userId, names);
  }

  @Delete(':user_id')
  @Scope('users:write')
  @ApiOperation({
    operationId: 'delete-user',
    summary: 'Delete User',
    description:
      'Removes the user and the roles that it holds. The audit trail keeps its e-mail address and names unless ' +
      '`erase` says otherwise; they can also be erased later, by the same call.',
  })
  @ApiUserId()
  @ApiDeletion({ description: 'The user is gone.', problems: ['NOT_FOUND'], query: DeleteUserQuery })
  delete(
    @CurrentChange(DeleteUserQuery) change: Change & DeleteUserQuery,
    @Param('user_id', PathIdPipe) userId: string,
  ): Promise<void> {
    return this.users.delete(change, userId);
  }
}
