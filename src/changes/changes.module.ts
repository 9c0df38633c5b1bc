import { Module } from '@nestjs/common';
import { IdempotencyModule } from '../idempotency/idempotency.module.js';
import { ChangesService } from './changes.service.js';

@Module({ imports: [IdempotencyModule], providers: [ChangesService], exports: [ChangesService] })
export class ChangesModule {}
