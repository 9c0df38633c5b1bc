import type { Environment } from './environment.js';

/** Settings of the application: the environment variables, and the database. */
export class Settings {
  constructor(
    readonly environment: Environment,
    readonly databaseUrl: string,
    /** Role that the service assumes after login; undefined to keep the role of the login. */
    readonly serviceRole?: string,
  ) {}
}
