import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { ChangesModule } from '../changes/changes.module.js';
import { ApiKeysController } from './api-keys.controller.js';
import { AuthModule } from './auth.module.js';
import { KeyManagementService } from './key-management.service.js';

/** Keys as something to manage; that each request needs one is AuthModule's. */
@Module({
  imports: [AuditModule, AuthModule, ChangesModule],
  controllers: [ApiKeysController],
  providers: [KeyManagementService],
})
export class ApiKeysModule {}
