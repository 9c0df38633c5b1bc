import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { IdempotencyService } from './idempotency/idempotency.service.js';
import { IdempotencyRecord } from './idempotency/entities/idempotency-record.entity.js';
import { UnitOfWork } from './unit-of-work.js';

/** Global, because every module with mutations needs the providers of MutationInterceptor. */
@Global()
@Module({
  imports: [TypeOrmModule.forFeature([IdempotencyRecord])],
  providers: [UnitOfWork, IdempotencyService],
  exports: [UnitOfWork, IdempotencyService],
})
export class UnitOfWorkModule {}
