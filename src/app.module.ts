import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { ClsModule } from 'nestjs-cls';
import { LoggerModule } from 'nestjs-pino';
import { AccessModule } from './access/access.module.js';
import { AuditModule } from './audit/audit.module.js';
import { ApiKeysModule } from './auth/api-keys.module.js';
import { AuthModule } from './auth/auth.module.js';
import { GuardedBodyInterceptor } from './auth/guarded-body.interceptor.js';
import { WrittenInterceptor } from './changes/written.interceptor.js';
import { ErrorsController } from './common/errors/errors.controller.js';
import { ProblemFilter } from './common/errors/problem.filter.js';
import { requestLines } from './common/http/request-log.js';
import { ContextLogger, ServiceLogger } from './common/http/service-logger.js';
import { RequestValidationPipe } from './common/validation/request-validation.pipe.js';
import type { Settings } from './config/settings.js';
import { SettingsModule } from './config/settings.module.js';
import { DatabaseModule } from './database/database.module.js';
import { HealthModule } from './health/health.module.js';
import { IdempotencyModule } from './idempotency/idempotency.module.js';
import { TurnInterceptor } from './limits/turn.interceptor.js';
import { OrganizationsModule } from './organizations/organizations.module.js';
import { RolesModule } from './roles/roles.module.js';
import { SigningModule } from './signing/signing.module.js';
import { TotalsModule } from './totals/totals.module.js';
import { UsersModule } from './users/users.module.js';

@Module({})
export class AppModule {
  static register(settings: Settings): DynamicModule {
    return {
      module: AppModule,
      imports: [
        SettingsModule.register(settings),
        LoggerModule.forRoot(requestLines(settings.environment.LOG_LEVEL)),
        ClsModule.forRoot({ global: true }), // each request's store is opened in bootstrap.ts
        UsersModule, // what is asked for most comes first: Express tries routes one by one
        AccessModule,
        DatabaseModule,
        AuthModule,
        OrganizationsModule,
        RolesModule,
        SigningModule,
        AuditModule,
        IdempotencyModule,
        ApiKeysModule,
        TotalsModule,
        HealthModule,
      ],
      controllers: [ErrorsController],
      providers: [
        ContextLogger,
        ServiceLogger,
        { provide: APP_FILTER, useClass: ProblemFilter },
        { provide: APP_INTERCEPTOR, useClass: GuardedBodyInterceptor },
        { provide: APP_INTERCEPTOR, useClass: TurnInterceptor },
        ...(settings.environment.DATABASE_REPLICA_URLS === undefined
          ? []
          : [{ provide: APP_INTERCEPTOR, useClass: WrittenInterceptor }]),
        { provide: APP_PIPE, useClass: RequestValidationPipe },
      ],
    };
  }
}
