import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Settings } from '../config/settings.js';
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
        autoLoadEntities: true,
        manualInitialization: true, // by DatabaseService, which retries
      }),
    }),
  ],
  providers: [DatabaseService, Replicas, TenantDatabase],
  exports: [DatabaseService, Replicas, TenantDatabase],
})
export class DatabaseModule {}
