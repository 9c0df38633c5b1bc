import { Body, Controller, Get, Param, Post, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { CurrentOrganization } from '../auth/current-organization.decorator.js';
import { ApiBodyProblems, ApiProblems } from '../common/errors/api-problems.decorator.js';
import { PathIdPipe } from '../common/validation/path-id.pipe.js';
import { CreateUserDto } from './dto/create-user.dto.js';
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

  @Get(':user_id')
  @ApiOperation({
    operationId: 'retrieve-user',
    summary: 'Retrieve User',
    description: 'The user with the roles that were given to it.',
  })
  @ApiParam({ name: 'user_id', description: 'User id.', schema: { type: 'string', format: 'uuid' } })
  @ApiOkResponse({ description: 'The user.', type: UserResponse })
  @ApiProblems('NOT_FOUND')
  retrieve(
    @CurrentOrganization() organizationId: string,
    @Param('user_id', PathIdPipe) userId: string,
  ): Promise<UserResponse> {
    return this.users.retrieve(organizationId, userId);
  }
}
