import { Global, Module } from '@nestjs/common';
import { APP_GUARD, DiscoveryModule } from '@nestjs/core';
import { AuditModule } from '../audit/audit.module.js';
import { LimitsModule } from '../limits/limits.module.js';
import { ApiKeyGuard } from './api-key.guard.js';
import { ApiKeysService } from './api-keys.service.js';
import { KeyChanges } from './key-changes.js';
import { KeyUse } from './key-use.js';
import { KnownKeys } from './known-keys.js';
import { RouteScopes } from './route-scopes.js';

/** Global: what takes long asks the guard again, in whatever module it is. */
@Global()
@Module({
  imports: [DiscoveryModule, AuditModule, LimitsModule],
  providers: [
    ApiKeysService,
    KnownKeys,
    KeyChanges,
    KeyUse,
    RouteScopes,
    ApiKeyGuard,
    { provide: APP_GUARD, useExisting: ApiKeyGuard },
  ],
  exports: [ApiKeysService, ApiKeyGuard],
})
export class AuthModule {}
