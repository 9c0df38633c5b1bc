import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const SCRIPT = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));

const execute = promisify(execFile);

/** The service's command line. */
export class CommandLine {
  private readonly folder: string;
  private readonly databaseUrl: string;

  /** @param folder current folder, without an .env file */
  constructor(folder: string, databaseUrl: string) {
    this.folder = folder;
    this.databaseUrl = databaseUrl;
  }

  /** @returns the output of the command */
  async run(...parameters: string[]): Promise<string> {
    const { stdout } = await execute(process.execPath, [SCRIPT, ...parameters], {
      cwd: this.folder,
      env: { PATH: process.env['PATH'], NODE_ENV: 'production', DATABASE_URL: this.databaseUrl },
    });
    return stdout.trim();
  }
}
