import { Module } from '@nestjs/common';
import { DatabaseCommand } from './database.command.js';
import { OpenApiCommand } from './openapi.command.js';
import { OrganizationCommand } from './organization.command.js';

@Module({
  providers: [
    ...OrganizationCommand.registerWithSubCommands(),
    ...DatabaseCommand.registerWithSubCommands(),
    OpenApiCommand,
  ],
})
export class CommandLineModule {}
