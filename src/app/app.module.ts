import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { ClsModule } from 'nestjs-cls';
import { LoggerModule } from 'nestjs-pino';
import { AccessModule } from '../access/access.module.js';
import { ApiKeysModule } from '../api-keys/api-keys.module.js';
import { AuditModule } from '../audit/audit.module.js';
import { AuthModule } from '../auth/auth.module.js';
import { JsonBodyInterceptor } from '../common/http/json-body.interceptor.js';
import { requestLogOptions } from '../common/http/request-log.js';
import { ContextLogger, ServiceLogger } from '../common/http/service-logger.js';
import { RequestValidationPipe } from '../common/validation/request-validation.pipe.js';
import type { Settings } from '../config/settings.js';
import { SettingsModule } from '../config/settings.module.js';
import { DatabaseModule } from '../database/database.module.js';
import { ReadYourWritesInterceptor } from '../database/replicas/read-your-writes.interceptor.js';
import { EmbedTokensModule } from '../embed-tokens/embed-tokens.module.js';
import { ErrorsController } from '../errors/errors.controller.js';
import { ProblemFilter } from '../errors/problem.filter.js';
import { HealthModule } from '../health/health.module.js';
import { OrganizationsModule } from '../organizations/organizations.module.js';
import { RolesModule } from '../roles/roles.module.js';
import { SandboxModule } from '../sandbox/sandbox.module.js';
import { SigningModule } from '../signing/signing.module.js';
import { TotalsModule } from '../totals/totals.module.js';
import { UnitOfWorkModule } from '../unit-of-work/unit-of-work.module.js';
import { UsersModule } from '../users/users.module.js';

@Module({})
export class AppModule {
  static register(settings: Settings): DynamicModule {
    const hasReplicas = settings.environment.DATABASE_REPLICA_URLS !== undefined;
    return {
      module: AppModule,
      imports: [
        SettingsModule.register(settings),
        LoggerModule.forRoot(requestLogOptions(settings.environment.LOG_LEVEL)),
        ClsModule.forRoot({ global: true }), // create-app.ts runs each request in a context
        UsersModule, // first, because Express matches routes in this order
        AccessModule,
        EmbedTokensModule,
        DatabaseModule,
        AuthModule,
        OrganizationsModule,
        RolesModule,
        SigningModule,
        AuditModule,
        UnitOfWorkModule,
        ApiKeysModule,
        TotalsModule,
        SandboxModule,
        HealthModule,
      ],
      controllers: [ErrorsController],
      providers: [
        ContextLogger,
        ServiceLogger,
        { provide: APP_FILTER, useClass: ProblemFilter },
        { provide: APP_INTERCEPTOR, useClass: JsonBodyInterceptor },
        ...(hasReplicas ? [{ provide: APP_INTERCEPTOR, useClass: ReadYourWritesInterceptor }] : []),
        { provide: APP_PIPE, useClass: RequestValidationPipe },
      ],
    };
  }
}
