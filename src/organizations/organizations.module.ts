import { Module } from '@nestjs/common';
import { ChangesModule } from '../changes/changes.module.js';
import { AuthModule } from '../auth/auth.module.js';
import { RolesModule } from '../roles/roles.module.js';
import { AccountGroupsController } from './account-groups.controller.js';
import { AccountGroupsService } from './account-groups.service.js';
import { AccountsController } from './accounts.controller.js';
import { AccountsOfGroupController } from './accounts-of-group.controller.js';
import { AccountsService } from './accounts.service.js';
import { OrganizationsController } from './organizations.controller.js';
import { OrganizationsService } from './organizations.service.js';
import { SandboxService } from './sandbox.service.js';

@Module({
  imports: [ChangesModule, AuthModule, RolesModule],
  controllers: [
    OrganizationsController,
    AccountGroupsController,
    AccountsOfGroupController,
    AccountsController,
  ],
  providers: [OrganizationsService, SandboxService, AccountGroupsService, AccountsService],
  exports: [OrganizationsService, SandboxService],
})
export class OrganizationsModule {}
