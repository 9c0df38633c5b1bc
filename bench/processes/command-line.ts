import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const SCRIPT = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));

const run = promisify(execFile);

/** The service's command line, as an operator would call it. @returns what it printed */
export class CommandLine {
  private readonly folder: string;
  private readonly databaseUrl: string;

  /** @param folder where it runs: nobody's .env is there */
  constructor(folder: string, databaseUrl: string) {
    this.folder = folder;
    this.databaseUrl = databaseUrl;
  }

  async call(...parameters: string[]): Promise<string> {
    const { stdout } = await run(process.execPath, [SCRIPT, ...parameters], {
      cwd: this.folder,
      env: { PATH: process.env['PATH'], NODE_ENV: 'production', DATABASE_URL: this.databaseUrl },
    });
    return stdout.trim();
  }
}
