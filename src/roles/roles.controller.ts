import { Body, Controller, Delete, Get, Param, Patch, Post } from '@nestjs/common';
import { ApiOkResponse, ApiParam, ApiTags } from '@nestjs/swagger';
import { CurrentOrganization } from '../common/auth/current-organization.decorator.js';
import { Scope } from '../common/auth/scope.decorator.js';
import { ApiUpdate, ApiCreation, ApiDeletion } from '../unit-of-work/api-mutation.decorator.js';
import type { MutationContext, MutationOutcome } from '../unit-of-work/mutation.js';
import { CurrentMutation } from '../unit-of-work/current-mutation.decorator.js';
import { ApiProblems } from '../common/errors/api-problems.decorator.js';
import { ApiWithETag } from '../common/http/with-etag.decorator.js';
import { SANDBOX } from '../common/sandbox-ids.js';
import { CreateRoleDto, type PermissionId } from './dto/create-role.dto.js';
import { RoleResponse } from './dto/role.response.js';
import { UpdateRoleDto } from './dto/update-role.dto.js';
import { RoleIdPipe } from './role-id.pipe.js';
import { RolesService } from './roles.service.js';
import { Operation } from '../common/http/operation.decorator.js';

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
  @Scope('roles:read')
  @Operation(
    'list-roles',
    'List Roles',
    'Lists the roles of your organization, starting with the six default roles. Roles with `assignable` can be ' +
      'assigned to users.',
  )
  @ApiOkResponse({ description: 'The roles.', type: [RoleResponse] })
  @ApiProblems()
  list(@CurrentOrganization() organizationId: string): Promise<RoleResponse[]> {
    return this.roles.list(organizationId);
  }

  @Post()
  @Scope('roles:write')
  @Operation(
    'create-role',
    'Create Role',
    'Creates a custom role from permissions of the catalog. It can be assigned to users.',
  )
  @ApiCreation(RoleResponse, 'The new role.', {
    location: '/v1/organizations/roles',
    problems: ['ROLE_ALREADY_EXISTS'],
  })
  create(
    @CurrentMutation() context: MutationContext,
    @Body() body: CreateRoleDto,
  ): Promise<MutationOutcome<RoleResponse>> {
    const { permission_ids, testing_permission_ids, ...role } = body;
    return this.roles.create(context, {
      ...role,
      permission_ids: idsOf(permission_ids),
      testing_permission_ids: idsOf(testing_permission_ids),
    });
  }

  @Get(':role_id')
  @Scope('roles:read')
  @Operation('retrieve-role', 'Retrieve Role', 'Returns the role, default or custom.')
  @ApiRoleId()
  @ApiWithETag(RoleResponse, 'The role.', 'NOT_FOUND')
  retrieve(
    @CurrentOrganization() organizationId: string,
    @Param('role_id', RoleIdPipe) roleId: string,
  ): Promise<RoleResponse> {
    return this.roles.retrieve(organizationId, roleId);
  }

  @Patch(':role_id')
  @Scope('roles:write')
  @Operation(
    'update-role',
    'Update Role',
    'Updates the properties that the body has. Default roles cannot be changed, nor can the type of any role.',
  )
  @ApiRoleId()
  @ApiUpdate(RoleResponse, 'The role after the change.', {
    problems: ['DEFAULT_ROLE_IMMUTABLE', 'ROLE_ALREADY_EXISTS'],
  })
  update(
    @CurrentMutation() context: MutationContext,
    @Param('role_id', RoleIdPipe) roleId: string,
    @Body() body: UpdateRoleDto,
  ): Promise<MutationOutcome<RoleResponse>> {
    const { permission_ids, testing_permission_ids, ...role } = body;
    return this.roles.update(context, roleId, {
      ...role,
      ...(permission_ids && { permission_ids: idsOf(permission_ids) }),
      ...(testing_permission_ids && { testing_permission_ids: idsOf(testing_permission_ids) }),
    });
  }

  @Delete(':role_id')
  @Scope('roles:write')
  @Operation('delete-role', 'Delete Role', 'Deletes a custom role. Its users get the role Read only instead.')
  @ApiRoleId()
  @ApiDeletion('The role is deleted.', { problems: ['DEFAULT_ROLE_IMMUTABLE'] })
  delete(
    @CurrentMutation() context: MutationContext,
    @Param('role_id', RoleIdPipe) roleId: string,
  ): Promise<MutationOutcome<void>> {
    return this.roles.delete(context, roleId);
  }
}

function idsOf(entries: readonly PermissionId[]): string[] {
  return entries.map(({ value }) => value);
}
