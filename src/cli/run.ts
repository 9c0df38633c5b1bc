import 'reflect-metadata';
import { CommandFactory } from 'nest-commander';
import { existsSync } from 'node:fs';
import { CommandLineModule } from './command-line.module.js';

if (existsSync('.env')) process.loadEnvFile('.env');

await CommandFactory.run(CommandLineModule, {
  logger: false,
  cliName: 'tenantry',
  errorHandler: fail, // usage errors
  serviceErrorHandler: fail, // errors that a command throws
});

function fail(error: Error): void {
  // commander has printed usage errors itself; the exit code of --help is 0
  const { exitCode } = error as { exitCode?: number };
  if (exitCode === undefined) process.stderr.write(`${error.message}\n`);
  process.exitCode = exitCode ?? 1;
}
