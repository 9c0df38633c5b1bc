import 'reflect-metadata';
import { CommandFactory } from 'nest-commander';
import { existsSync } from 'node:fs';
import { CommandLineModule } from './command-line.module.js';

if (existsSync('.env')) process.loadEnvFile('.env');

await CommandFactory.run(CommandLineModule, {
  logger: false,
  cliName: 'tenantry',
  errorHandler: fail, // what the command line cannot understand
  serviceErrorHandler: fail, // what a command throws
});

function fail(error: Error): void {
  // commander has told usage errors itself, and gives --help a zero exit code
  const { exitCode } = error as { exitCode?: number };
  if (exitCode === undefined) process.stderr.write(`${error.message}\n`);
  process.exitCode = exitCode ?? 1;
}
