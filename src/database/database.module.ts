import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Settings } from '../config/settings.js';
import { ConnectionTurns } from '../limits/connection-turns.js';
import { dataSourceOptions } from './data-source-options.js';
import { DatabaseService } from './database.service.js';
import { Replicas } from './replicas/replicas.js';
import { serviceConnection } from './service-connection.js';
import { TenantDatabase } from './tenant-database.js';

@Global()
@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [Settings],
      useFactory: (settings: Settings) => ({
        ...dataSourceOptions(settings.databaseUrl, serviceConnection(settings)),
        manualInitialization: true, // DatabaseService does it, and keeps trying
      }),
    }),
  ],
  providers: [ConnectionTurns, DatabaseService, Replicas, TenantDatabase],
  exports: [ConnectionTurns, DatabaseService, Replicas, TenantDatabase],
})
export class DatabaseModule {}
