import { Module } from '@nestjs/common';
import { OrganizationsModule } from '../organizations/organizations.module.js';
import { UsersModule } from '../users/users.module.js';
import { AccessController } from './access.controller.js';
import { AccessService } from './access.service.js';

@Module({
  imports: [UsersModule, OrganizationsModule],
  controllers: [AccessController],
  providers: [AccessService],
})
export class AccessModule {}
