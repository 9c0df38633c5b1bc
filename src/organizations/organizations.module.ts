import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ApiKeysModule } from '../api-keys/api-keys.module.js';
import { ReferencesModule } from '../references/references.module.js';
import { RolesModule } from '../roles/roles.module.js';
import { AccountGroupsController } from './account-groups/account-groups.controller.js';
import { AccountGroupsRepository } from './account-groups/account-groups.repository.js';
import { AccountGroupsService } from './account-groups/account-groups.service.js';
import { AccountGroup } from './account-groups/entities/account-group.entity.js';
import { AccountsOfGroupController } from './account-groups/accounts-of-group.controller.js';
import { AccountsOfGroupService } from './account-groups/accounts-of-group.service.js';
import { AccountsController } from './accounts/accounts.controller.js';
import { AccountsRepository } from './accounts/accounts.repository.js';
import { AccountsService } from './accounts/accounts.service.js';
import { Account } from './accounts/entities/account.entity.js';
import { Organization } from './entities/organization.entity.js';
import { OrganizationsController } from './organizations.controller.js';
import { OrganizationsService } from './organizations.service.js';

@Module({
  imports: [
    TypeOrmModule.forFeature([Organization, AccountGroup, Account]),
    ReferencesModule,
    RolesModule,
    ApiKeysModule,
  ],
  controllers: [
    OrganizationsController,
    AccountGroupsController,
    AccountsOfGroupController,
    AccountsController,
  ],
  providers: [
    OrganizationsService,
    AccountGroupsService,
    AccountGroupsRepository,
    AccountsOfGroupService,
    AccountsService,
    AccountsRepository,
  ],
  exports: [OrganizationsService, AccountGroupsRepository, AccountsRepository],
})
export class OrganizationsModule {}
