import { Module } from '@nestjs/common';
import { ChangesModule } from '../changes/changes.module.js';
import { PermissionsCatalog } from './permissions-catalog.js';
import { PermissionsCatalogController } from './permissions-catalog.controller.js';
import { RolesController } from './roles.controller.js';
import { RolesService } from './roles.service.js';

@Module({
  imports: [ChangesModule],
  controllers: [RolesController, PermissionsCatalogController],
  providers: [RolesService, PermissionsCatalog],
  exports: [RolesService],
})
export class RolesModule {}
