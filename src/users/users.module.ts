import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ReferencesModule } from '../references/references.module.js';
import { User } from './entities/user.entity.js';
import { AccountGroupPermission } from './permissions/entities/account-group-permission.entity.js';
import { AccountPermission } from './permissions/entities/account-permission.entity.js';
import { ON_ACCOUNT_GROUPS, ON_ACCOUNTS } from './permissions/permission-kind.js';
import { permissionsController } from './permissions/permissions.controller.js';
import { PermissionsService } from './permissions/permissions.service.js';
import { UsersController } from './users.controller.js';
import { UsersRepository } from './users.repository.js';
import { UsersService } from './users.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([User, AccountPermission, AccountGroupPermission]), ReferencesModule],
  controllers: [
    UsersController,
    permissionsController(ON_ACCOUNTS),
    permissionsController(ON_ACCOUNT_GROUPS),
  ],
  providers: [UsersService, UsersRepository, PermissionsService],
  exports: [UsersRepository],
})
export class UsersModule {}
