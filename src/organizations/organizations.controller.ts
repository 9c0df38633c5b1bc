import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentOrganization } from '../common/auth/current-organization.decorator.js';
import { Scope } from '../common/auth/scope.decorator.js';
import { ApiProblems } from '../common/errors/api-problems.decorator.js';
import { ApiWithETag } from '../common/http/with-etag.decorator.js';
import { OrganizationResponse } from './dto/organization.response.js';
import { OrganizationsService } from './organizations.service.js';

@ApiTags('Organization')
@Controller('organizations')
export class OrganizationsController {
  constructor(private readonly organizations: OrganizationsService) {}

  @Get()
  @Scope('accounts:read')
  @ApiOperation({
    operationId: 'retrieve-organization',
    summary: 'Retrieve Organization',
    description: 'Returns the organization of your API key.',
  })
  @ApiWithETag({ description: 'The organization.', type: OrganizationResponse })
  @ApiProblems()
  retrieve(@CurrentOrganization() organizationId: string): Promise<OrganizationResponse> {
    return this.organizations.retrieve(organizationId);
  }
}
