import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentOrganization } from '../auth/current-organization.decorator.js';
import { ApiProblems } from '../common/errors/api-problems.decorator.js';
import { RoleResponse } from './dto/role.response.js';
import { RolesService } from './roles.service.js';

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
}
