import type { Environment } from './environment.js';

/** What the application is started with: the environment, and the database that was found or started for it. */
export class Settings {
  constructor(
    readonly environment: Environment,
    readonly databaseUrl: string,
  ) {}
}
