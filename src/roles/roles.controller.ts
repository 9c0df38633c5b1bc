import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import { CurrentOrganization } from '../auth/current-organization.decorator.js';
import { ApiBodyProblems, ApiProblems } from '../common/errors/api-problems.decorator.js';
import { SANDBOX } from '../organizations/sandbox.ids.js';
import { CreateRoleDto, type PermissionId } from './dto/create-role.dto.js';
import { RoleResponse } from './dto/role.response.js';
import { UpdateRoleDto } from './dto/update-role.dto.js';
import { RoleIdPipe } from './role-id.pipe.js';
import { RolesService } from './roles.service.js';

const ApiRoleId = (): MethodDecorator =>
  ApiParam({
    name: 'role_id',
    description: 'Role id.',
    schema: { type: 'string' },
    example: SANDBOX.roles.Developer,
  });

@ApiTags('Roles')
@Controller('organizations/roles')
export class RolesController {
  constructor(private readonly roles: RolesService) {}

  @Get()
  @ApiOperation({
    operationId: 'list-roles',
    summary: 'List Roles',
    description:
      'All roles of your organization, the six default ones first. Those with `assignable` can be given to users.',
  })
  @ApiOkResponse({ description: 'The roles.', type: [RoleResponse] })
  @ApiProblems()
  list(@CurrentOrganization() organizationId: string): Promise<RoleResponse[]> {
    return this.roles.list(organizationId);
  }

  @Post()
  @ApiOperation({
    operationId: 'create-role',
    summary: 'Create Role',
    description: 'Creates a role of your own from permissions of the catalog; it can be given to users.',
  })
  @ApiCreatedResponse({ description: 'The new role.', type: RoleResponse })
  @ApiBodyProblems('ROLE_ALREADY_EXISTS')
  create(@CurrentOrganization() organizationId: string, @Body() body: CreateRoleDto): Promise<RoleResponse> {
    const { permission_ids, testing_permission_ids, ...role } = body;
    return this.roles.create(organizationId, {
      ...role,
      permission_ids: idsOf(permission_ids),
      testing_permission_ids: idsOf(testing_permission_ids),
    });
  }

  @Patch(':role_id')
  @ApiOperation({
    operationId: 'update-role',
    summary: 'Update Role',
    description:
      'Changes what is given of a custom role. Default roles cannot be changed; no role changes its type.',
  })
  @ApiRoleId()
  @ApiOkResponse({ description: 'The role after the change.', type: RoleResponse })
  @ApiBodyProblems('NOT_FOUND', 'DEFAULT_ROLE_IMMUTABLE', 'ROLE_ALREADY_EXISTS')
  update(
    @CurrentOrganization() organizationId: string,
    @Param('role_id', RoleIdPipe) roleId: string,
    @Body() body: UpdateRoleDto,
  ): Promise<RoleResponse> {
    const { permission_ids, testing_permission_ids, ...role } = body;
    return this.roles.update(organizationId, roleId, {
      ...role,
      ...(permission_ids && { permission_ids: idsOf(permission_ids) }),
      ...(testing_permission_ids && { testing_permission_ids: idsOf(testing_permission_ids) }),
    });
  }

  @Delete(':role_id')
  @HttpCode(204)
  @ApiOperation({
    operationId: 'delete-role',
    summary: 'Delete Role',
    description: 'Removes a custom role. Users who hold it hold Read only in its place.',
  })
  @ApiRoleId()
  @ApiNoContentResponse({ description: 'The role is gone.' })
  @ApiProblems('NOT_FOUND', 'DEFAULT_ROLE_IMMUTABLE')
  delete(
    @CurrentOrganization() organizationId: string,
    @Param('role_id', RoleIdPipe) roleId: string,
  ): Promise<void> {
    return this.roles.delete(organizationId, roleId);
  }
}

function idsOf(entries: readonly PermissionId[]): string[] {
  return entries.map(({ value }) => value);
}
