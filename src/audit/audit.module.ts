import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { SigningModule } from '../signing/signing.module.js';
import { AuditEventsController } from './audit-events.controller.js';
import { AuditEventsService } from './audit-events.service.js';
import { ChainExportService } from './chain-export.service.js';
import { CheckpointsService } from './checkpoints.service.js';
import { AuditCheckpoint } from './entities/audit-checkpoint.entity.js';
import { AuditEvent } from './entities/audit-event.entity.js';
import { AuditSeal } from './entities/audit-seal.entity.js';
import { AuditUnsealed } from './entities/audit-unsealed.entity.js';
import { UserDataKey } from './entities/user-data-key.entity.js';
import { RefusalsService } from './refusals.service.js';
import { SealingService } from './sealing.service.js';
import { VerificationService } from './verification.service.js';

@Module({
  imports: [
    TypeOrmModule.forFeature([AuditEvent, AuditUnsealed, AuditSeal, AuditCheckpoint, UserDataKey]),
    SigningModule,
  ],
  controllers: [AuditEventsController],
  providers: [
    AuditEventsService,
    RefusalsService,
    SealingService,
    CheckpointsService,
    VerificationService,
    ChainExportService,
  ],
  exports: [RefusalsService],
})
export class AuditModule {}
