import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Settings } from '../config/settings.js';
import { dataSourceOptions } from './data-source-options.js';
import { DatabaseService } from './database.service.js';
import { TenantDatabase } from './tenant-database.js';

/** A request that waits for the database any longer is answered with 503. */
const STATEMENT_TIMEOUT = 1500;

@Global()
@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [Settings],
      useFactory: ({ databaseUrl, serviceRole, environment }: Settings) => ({
        ...dataSourceOptions(databaseUrl, {
          poolSize: environment.DATABASE_POOL_SIZE,
          statementTimeout: STATEMENT_TIMEOUT,
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
