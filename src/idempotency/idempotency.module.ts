import { Global, Module } from '@nestjs/common';
import { IdempotencyService } from './idempotency.service.js';

/** For the interceptor, which stands on the changes of all modules. */
@Global()
@Module({ providers: [IdempotencyService], exports: [IdempotencyService] })
export class IdempotencyModule {}
