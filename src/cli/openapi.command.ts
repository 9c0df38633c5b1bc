import { Command, CommandRunner } from 'nest-commander';
import { assembleApp } from '../app/create-app.js';
import { openApiDocument } from '../app/openapi.js';
import { Environment } from '../config/environment.js';
import { Settings } from '../config/settings.js';

@Command({ name: 'openapi', description: 'print the OpenAPI document' })
export class OpenApiCommand extends CommandRunner {
  async run(): Promise<void> {
    const app = await assembleApp(
      new Settings(Object.assign(new Environment(), { LOG_LEVEL: 'silent' }), ''),
    );
    process.stdout.write(`${JSON.stringify(openApiDocument(app), undefined, 2)}\n`);
  }
}
