import { Module } from '@nestjs/common';
import { ChangesModule } from '../changes/changes.module.js';
import { OwnershipModule } from '../ownership/ownership.module.js';
import { AccountGroupPermissionsController } from './account-group-permissions.controller.js';
import { AccountPermissionsController } from './account-permissions.controller.js';
import { PermissionsService } from './permissions.service.js';
import { UsersController } from './users.controller.js';
import { UsersService } from './users.service.js';

@Module({
  imports: [ChangesModule, OwnershipModule],
  controllers: [UsersController, AccountPermissionsController, AccountGroupPermissionsController],
  providers: [UsersService, PermissionsService],
  exports: [UsersService],
})
export class UsersModule {}
