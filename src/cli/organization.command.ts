import { Command, CommandRunner, Option, SubCommand } from 'nest-commander';
import { plainToInstance } from 'class-transformer';
import { validate } from 'class-validator';
import { fieldErrorsOf } from '../common/validation/field-errors.js';
import { IsText } from '../common/validation/field-rules.js';
import { OrganizationsService } from '../organizations/organizations.service.js';
import { withApplication } from './with-application.js';

interface Options {
  name: string;
  json?: true;
}

class NewOrganization {
  @IsText()
  name!: string;
}

@SubCommand({
  name: 'create',
  description: 'create an organization with the default roles and a first API key',
})
export class OrganizationCreateCommand extends CommandRunner {
  async run(_arguments: string[], { name, json }: Options): Promise<void> {
    const organization = plainToInstance(NewOrganization, { name });
    const errors = fieldErrorsOf(await validate(organization));
    if (errors.length > 0)
      throw new Error(errors.map(({ field, message }) => `--${field} ${message}`).join('\n'));
    const created = await withApplication((app) => app.get(OrganizationsService).create(organization.name));
    process.stdout.write(json ? `${JSON.stringify(created)}\n` : format(organization.name, created));
  }

  @Option({
    flags: '--name <name>',
    description: 'name of the organization, 1 to 255 characters',
    required: true,
  })
  parseName(name: string): string {
    return name;
  }

  @Option({ flags: '--json', description: 'print the result as one line of JSON' })
  parseJson(): true {
    return true;
  }
}

@Command({
  name: 'organization',
  description: 'manage organizations',
  subCommands: [OrganizationCreateCommand],
})
export class OrganizationCommand extends CommandRunner {
  run(): Promise<void> {
    this.command.help();
  }
}

function format(name: string, created: Awaited<ReturnType<OrganizationsService['create']>>): string {
  return (
    `Organization ${name}: ${created.organization_id}\n` +
    `PUBLIC-API-KEY: ${created.public_api_key}\n` +
    `PRIVATE-SECRET-KEY: ${created.private_secret_key}\n` +
    'The secret is shown only now.\n'
  );
}
