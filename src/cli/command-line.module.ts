import { Module } from '@nestjs/common';
import { AuditCommand } from './audit.command.js';
import { ApiKeyCommand } from './api-key.command.js';
import { DatabaseCommand } from './database.command.js';
import { OpenApiCommand } from './openapi.command.js';
import { OrganizationCommand } from './organization.command.js';
import { SigningKeysCommand } from './signing-keys.command.js';

@Module({
  providers: [
    ...OrganizationCommand.registerWithSubCommands(),
    ...ApiKeyCommand.registerWithSubCommands(),
    ...DatabaseCommand.registerWithSubCommands(),
    ...SigningKeysCommand.registerWithSubCommands(),
    ...AuditCommand.registerWithSubCommands(),
    OpenApiCommand,
  ],
})
export class CommandLineModule {}
