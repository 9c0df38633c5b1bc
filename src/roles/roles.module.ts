import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Role } from './entities/role.entity.js';
import { PermissionsCatalog } from './permissions-catalog.js';
import { PermissionsCatalogController } from './permissions-catalog.controller.js';
import { RolesController } from './roles.controller.js';
import { RolesService } from './roles.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([Role])],
  controllers: [RolesController, PermissionsCatalogController],
  providers: [RolesService, PermissionsCatalog],
  exports: [RolesService],
})
export class RolesModule {}
