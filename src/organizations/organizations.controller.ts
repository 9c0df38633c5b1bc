import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentOrganization } from '../common/auth/current-organization.decorator.js';
import { Scope } from '../common/auth/scope.decorator.js';
import { ApiWithETag } from '../common/http/with-etag.decorator.js';
import { OrganizationResponse } from './dto/organization.response.js';
import { OrganizationsService } from './organizations.service.js';
import { Operation } from '../common/http/operation.decorator.js';

@ApiTags('Organization')
@Controller('organizations')
export class OrganizationsController {
  constructor(private readonly organizations: OrganizationsService) {}

  @Get()
  @Scope('accounts:read')
  @Operation('retrieve-organization', 'Retrieve Organization', 'Returns the organization of your API key.')
  @ApiWithETag(OrganizationResponse, 'The organization.')
  retrieve(@CurrentOrganization() organizationId: string): Promise<OrganizationResponse> {
    return this.organizations.retrieve(organizationId);
  }
}
