import { Module } from '@nestjs/common';
import { SigningModule } from '../signing/signing.module.js';
import { AuditEventsController } from './audit-events.controller.js';
import { AuditEventsService } from './audit-events.service.js';
import { ChainExportService } from './chain-export.service.js';
import { CheckpointsService } from './checkpoints.service.js';
import { RefusalsService } from './refusals.service.js';
import { SealingService } from './sealing.service.js';
import { VerificationService } from './verification.service.js';

@Module({
  imports: [SigningModule],
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
