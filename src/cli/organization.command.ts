import { Command, CommandRunner, Option, SubCommand } from 'nest-commander';
import { IsText } from '../common/validation/field-rules.js';
import { OrganizationsService } from '../organizations/organizations.service.js';
import { CommandGroup } from './command-group.js';
import { printCreated, validated } from './created-key.js';
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
    const organization = await validated(NewOrganization, { name });
    const created = await withApplication((app) => app.get(OrganizationsService).create(organization.name));
    printCreated(created, json, [`Organization ${organization.name}: ${created.organization_id}`]);
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
export class OrganizationCommand extends CommandGroup {}
