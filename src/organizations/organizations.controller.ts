import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentOrganization } from '../auth/current-organization.decorator.js';
import { ApiProblems } from '../common/errors/api-problems.decorator.js';
import { OrganizationResponse } from './dto/organization.response.js';
import { OrganizationsService } from './organizations.service.js';

@ApiTags('Organization')
@Controller('organizations')
export class OrganizationsController {
  constructor(private readonly organizations: OrganizationsService) {}

  @Get()
  @ApiOperation({
    operationId: 'retrieve-organization',
    summary: 'Retrieve Organization',
    description: 'Your own organization: the one whose key you send.',
  })
  @ApiOkResponse({ description: 'The organization.', type: OrganizationResponse })
  @ApiProblems()
  retrieve(@CurrentOrganization() organizationId: string): Promise<OrganizationResponse> {
    return this.organizations.retrieve(organizationId);
  }
}
