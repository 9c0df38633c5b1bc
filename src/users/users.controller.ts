import { Body, Controller, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentOrganization } from '../common/auth/current-organization.decorator.js';
import { Scope } from '../common/auth/scope.decorator.js';
import { ApiUpdate, ApiCreation, ApiDeletion } from '../unit-of-work/api-mutation.decorator.js';
import type { MutationContext } from '../unit-of-work/mutation-context.js';
import type { MutationOutcome } from '../unit-of-work/mutation-outcome.js';
import { CurrentMutation } from '../unit-of-work/current-mutation.decorator.js';
import { ApiProblems } from '../common/errors/api-problems.decorator.js';
import { ApiWithETag } from '../common/http/with-etag.decorator.js';
import { ApiPage, type Page } from '../common/pagination/page.js';
import { PathIdPipe } from '../common/validation/path-id.pipe.js';
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
    hasETag: true,
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
  @ApiOperation({
    operationId: 'retrieve-user',
    summary: 'Retrieve User',
    description: 'The user with the roles that were given to it.',
  })
  @ApiUserId()
  @ApiWithETag({ description: 'The user.', type: UserResponse })
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
  @ApiUpdate({
    description: 'The user after the change.',
    type: UserResponse,
    hasETag: true,
    problems: ['NOT_FOUND'],
  })
  update(
    @CurrentMutation() context: MutationContext,
    @Param('user_id', PathIdPipe) userId: string,
    @Body() patch: UpdateUserDto,
  ): Promise<MutationOutcome<UserResponse>> {
    return this.users.update(context, userId, patch);
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
    @CurrentMutation(DeleteUserQuery) context: MutationContext & Pick<DeleteUserQuery, 'erase'>,
    @Param('user_id', PathIdPipe) userId: string,
  ): Promise<MutationOutcome<void>> {
    return this.users.delete(context, userId);
  }
}
