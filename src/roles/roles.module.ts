import { Module } from '@nestjs/common';
import { PermissionsCatalog } from './permissions-catalog.js';
import { PermissionsCatalogController } from './permissions-catalog.controller.js';
import { RolesController } from './roles.controller.js';
import { RolesService } from './roles.service.js';

@Module({
  controllers: [RolesController, PermissionsCatalogController],
  providers: [RolesService, PermissionsCatalog],
  exports: [RolesService],
})
export class RolesModule {}
