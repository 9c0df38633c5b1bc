import { Body, Controller, Delete, Get, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentOrganization } from '../common/auth/current-organization.decorator.js';
import { Scope } from '../common/auth/scope.decorator.js';
import { ApiUpdate, ApiCreation, ApiDeletion } from '../unit-of-work/api-mutation.decorator.js';
import type { MutationContext, MutationOutcome } from '../unit-of-work/mutation.js';
import { CurrentMutation } from '../unit-of-work/current-mutation.decorator.js';
import { UserId } from '../common/http/path-ids.decorator.js';
import { ApiWithETag } from '../common/http/with-etag.decorator.js';
import { ApiPage, type Page } from '../common/pagination/page.js';
import { CreateUserDto } from './dto/create-user.dto.js';
import { DeleteUserQuery } from './dto/delete-user.query.js';
import { ListUsersQuery } from './dto/list-users.query.js';
import { UpdateUserDto } from './dto/update-user.dto.js';
import { UserResponse } from './dto/user.response.js';
import { UsersService } from './users.service.js';
import { Operation } from '../common/http/operation.decorator.js';

@ApiTags('Users')
@Controller('organizations/users')
export class UsersController {
  constructor(private readonly users: UsersService) {}

  @Post()
  @Scope('users:write')
  @Operation(
    'create-user',
    'Create User',
    'Creates a user together with its roles, in this database only (no external identity provider). ' +
      'At least one permission assignment is required, in account_permissions or account_group_permissions. ' +
      'The user and its permissions are created in one transaction.',
  )
  @ApiCreation(UserResponse, 'The new user.', {
    location: '/v1/organizations/users',
    problems: ['USER_ALREADY_EXISTS'],
  })
  create(
    @CurrentMutation() context: MutationContext,
    @Body() body: CreateUserDto,
  ): Promise<MutationOutcome<UserResponse>> {
    return this.users.create(context, body);
  }

  @Get()
  @Scope('users:read')
  @Operation(
    'list-users',
    'List Users',
    'Lists the users of your organization, by default oldest first. A user is listed when it matches all filters ' +
      'and `search`; `email` finds a single user.',
  )
  @ApiPage(UserResponse, 'The users of this page.')
  list(
    @CurrentOrganization() organizationId: string,
    @Query() query: ListUsersQuery,
  ): Promise<Page<UserResponse>> {
    return this.users.list(organizationId, query, query);
  }

  @Get(':user_id')
  @Scope('users:read')
  @Operation('retrieve-user', 'Retrieve User', 'Returns the user with the roles that are assigned to it.')
  @ApiWithETag(UserResponse, 'The user.', 'NOT_FOUND')
  retrieve(@CurrentOrganization() organizationId: string, @UserId() userId: string): Promise<UserResponse> {
    return this.users.retrieve(organizationId, userId);
  }

  @Patch(':user_id')
  @Scope('users:write')
  @Operation(
    'update-user',
    'Update User',
    'Updates the names that the body has. The e-mail address cannot be changed.',
  )
  @ApiUpdate(UserResponse, 'The user after the change.')
  update(
    @CurrentMutation() context: MutationContext,
    @UserId() userId: string,
    @Body() patch: UpdateUserDto,
  ): Promise<MutationOutcome<UserResponse>> {
    return this.users.update(context, userId, patch);
  }

  @Delete(':user_id')
  @Scope('users:write')
  @Operation(
    'delete-user',
    'Delete User',
    'Deletes the user and its role assignments. The audit trail keeps its e-mail address and names unless `erase` ' +
      'is true; repeating the request with `erase` erases them later.',
  )
  @ApiDeletion('The user is deleted.', { query: DeleteUserQuery })
  delete(
    @CurrentMutation(DeleteUserQuery) context: MutationContext & Pick<DeleteUserQuery, 'erase'>,
    @UserId() userId: string,
  ): Promise<MutationOutcome<void>> {
    return this.users.delete(context, userId);
  }
}
