import type { Environment } from './environment.js';

/** What the application is started with: the environment, and the database that was found or started for it. */
export class Settings {
  constructor(
    readonly environment: Environment,
    readonly databaseUrl: string,
    /** Role that the service takes on after it has logged in, where that is not the one it logs in as. */
    readonly serviceRole?: string,
  ) {}
}
