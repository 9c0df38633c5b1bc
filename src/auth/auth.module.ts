import { Module } from '@nestjs/common';
import { APP_GUARD, DiscoveryModule } from '@nestjs/core';
import { AuditModule } from '../audit/audit.module.js';
import { RateLimitingModule } from '../rate-limiting/rate-limiting.module.js';
import { ApiKeyCache } from './api-key-cache.js';
import { ApiKeyInvalidation } from './api-key-invalidation.js';
import { ApiKeyVerifier } from './api-key-verifier.js';
import { ApiKeyGuard } from './api-key.guard.js';
import { LastUsedTracker } from './last-used-tracker.js';
import { RouteScopeCheck } from './route-scope-check.js';

@Module({
  imports: [DiscoveryModule, AuditModule, RateLimitingModule],
  providers: [
    ApiKeyVerifier,
    ApiKeyCache,
    ApiKeyInvalidation,
    LastUsedTracker,
    RouteScopeCheck,
    { provide: APP_GUARD, useClass: ApiKeyGuard },
  ],
})
export class AuthModule {}
