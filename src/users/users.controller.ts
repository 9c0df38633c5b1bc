import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query, Res } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { Response } from 'express';
import { CurrentOrganization } from '../auth/current-organization.decorator.js';
import { ApiBodyProblems, ApiProblems } from '../common/errors/api-problems.decorator.js';
import { ApiPage, type Page } from '../common/pagination/page.js';
import { PathIdPipe } from '../common/validation/path-id.pipe.js';
import { CreateUserDto } from './dto/create-user.dto.js';
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
  @ApiOperation({
    operationId: 'create-user',
    summary: 'Create User',
    description:
      'Creates a user in this database only (no external identity provider), together with the roles that it holds. ' +
      'At least one permission assignment is needed: account_permissions, account_group_permissions, or both. ' +
      'The user and its permissions are one change: all of it or nothing.',
  })
  @ApiCreatedResponse({
    description: 'The new user.',
    type: UserResponse,
    headers: {
      Location: { description: 'Path of the new user.', schema: { type: 'string', format: 'uri-reference' } },
    },
  })
  @ApiBodyProblems('USER_ALREADY_EXISTS')
  async create(
    @CurrentOrganization() organizationId: string,
    @Body() body: CreateUserDto,
    @Res({ passthrough: true }) response: Response,
  ): Promise<UserResponse> {
    const user = await this.users.create(organizationId, body);
    response.location(`/v1/organizations/users/${user.id}`);
    return user;
  }

  @Get()
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
  @ApiOperation({
    operationId: 'retrieve-user',
    summary: 'Retrieve User',
    description: 'The user with the roles that were given to it.',
  })
  @ApiUserId()
  @ApiOkResponse({ description: 'The user.', type: UserResponse })
  @ApiProblems('NOT_FOUND')
  retrieve(
    @CurrentOrganization() organizationId: string,
    @Param('user_id', PathIdPipe) userId: string,
  ): Promise<UserResponse> {
    return this.users.retrieve(organizationId, userId);
  }

  @Patch(':user_id')
  @ApiOperation({
    operationId: 'update-user',
    summary: 'Update User',
    description: 'Changes the names that are given. The e-mail address cannot be changed.',
  })
  @ApiUserId()
  @ApiOkResponse({ description: 'The user after the change.', type: UserResponse })
  @ApiBodyProblems('NOT_FOUND')
  update(
    @CurrentOrganization() organizationId: string,
    @Param('user_id', PathIdPipe) userId: string,
    @Body() changes: UpdateUserDto,
  ): Promise<UserResponse> {
    return this.users.update(organizationId, userId, changes);
  }

  @Delete(':user_id')
  @HttpCode(204)
  @ApiOperation({
    operationId: 'delete-user',
    summary: 'Delete User',
    description: 'Removes the user and the roles that it holds.',
  })
  @ApiUserId()
  @ApiNoContentResponse({ description: 'The user is gone.' })
  @ApiProblems('NOT_FOUND')
  delete(
    @CurrentOrganization() organizationId: string,
    @Param('user_id', PathIdPipe) userId: string,
  ): Promise<void> {
    return this.users.delete(organizationId, userId);
  }
}
