import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Settings } from '../config/settings.js';
import { dataSourceOptions } from './data-source-options.js';
import { DatabaseService } from './database.service.js';
import { STATEMENT_TIMEOUT } from './statement-timeout.js';
import { TenantDatabase } from './tenant-database.js';

@Global()
@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [Settings],
      useFactory: ({ databaseUrl, serviceRole, environment }: Settings) => ({
        ...dataSourceOptions(databaseUrl, {
          poolSize: environment.DATABASE_POOL_SIZE,
          statementTimeout: STATEMENT_TIMEOUT,
          isPooled: environment.DATABASE_MODE === 'pooled',
          ...(serviceRole === undefined ? {} : { role: serviceRole }),
        }),
        manualInitialization: true, // DatabaseService does it, and keeps trying
      }),
    }),
  ],
  providers: [DatabaseService, TenantDatabase],
  exports: [DatabaseService, TenantDatabase],
})
export class DatabaseModule {}
