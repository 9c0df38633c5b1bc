import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { Scope } from '../common/auth/scope.decorator.js';
import { ApiProblems } from '../common/errors/api-problems.decorator.js';
import { CatalogSection } from './dto/catalog-section.js';
import { PermissionsCatalog } from './permissions-catalog.js';
import { Operation } from '../common/http/operation.decorator.js';

@ApiTags('Roles')
@Controller('organizations/permissions-catalog')
export class PermissionsCatalogController {
  constructor(private readonly catalog: PermissionsCatalog) {}

  @Get()
  @Scope('roles:read')
  @Operation(
    'list-permissions-catalog',
    'List Permissions Catalog',
    'Lists all permissions that a role can have, by section.',
  )
  @ApiOkResponse({ description: 'The sections.', type: [CatalogSection] })
  @ApiProblems()
  list(): readonly CatalogSection[] {
    return this.catalog.sections;
  }
}
