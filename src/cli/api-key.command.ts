import { plainToInstance } from 'class-transformer';
import { validate } from 'class-validator';
import { Command, CommandRunner, Option, SubCommand } from 'nest-commander';
import { commandLineSource } from '../audit/event-source.js';
import { recordEvent } from '../audit/record-event.js';
import { ApiKeysRepository } from '../api-keys/api-keys.repository.js';
import { createKeyPair, type KeyPair } from '../common/auth/key-pair.js';
import { sortScopes, SCOPES, type ScopeName } from '../common/auth/scopes.js';
import { fieldErrorsOf } from '../common/validation/field-errors.js';
import {
  IsArrayOfScalars,
  IsOneOf,
  IsText,
  IsUuid,
  OptionalField,
} from '../common/validation/field-rules.js';
import { ScalarEntry } from '../common/validation/scalar-entry.js';
import { TenantDatabase } from '../database/tenant-database.js';
import { withApplication } from './with-application.js';

interface Options {
  organization: string;
  name: string;
  scopes?: string[];
  json?: true;
}

interface MadeKey extends KeyPair {
  api_key_id: string;
  organization_id: string;
  scopes: ScopeName[];
}

class Scope extends ScalarEntry {
  @IsOneOf(SCOPES)
  value!: ScopeName;
}

class NewApiKey {
  @IsUuid()
  organization!: string;

  @IsText()
  name!: string;

  @OptionalField()
  @IsArrayOfScalars(() => Scope)
  scopes?: Scope[];
}

@SubCommand({ name: 'create', description: 'make an API key, also where no key is left that could make one' })
export class ApiKeyCreateCommand extends CommandRunner {
  async run(_arguments: string[], { json, ...options }: Options): Promise<void> {
    const key = plainToInstance(NewApiKey, options);
    const errors = fieldErrorsOf(await validate(key));
    if (errors.length > 0)
      throw new Error(errors.map(({ field, message }) => `--${field} ${message}`).join('\n'));
    const made = await make(key);
    process.stdout.write(json ? `${JSON.stringify(made)}\n` : inWords(key.name, made));
  }

  @Option({ flags: '--organization <id>', description: 'id of the organization', required: true })
  parseOrganization(id: string): string {
    return id;
  }

  @Option({ flags: '--name <name>', description: 'name of the key, 1 to 255 characters', required: true })
  parseName(name: string): string {
    return name;
  }

  @Option({
    flags: '--scopes <scopes>',
    description: `what it may do, with commas between: all by default, or some of ${SCOPES.join(',')}`,
  })
  parseScopes(scopes: string): string[] {
    return scopes.split(',').map((scope) => scope.trim());
  }

  @Option({ flags: '--json', description: 'print one line of JSON' })
  parseJson(): true {
    return true;
  }
}

@Command({ name: 'api-key', description: 'API keys', subCommands: [ApiKeyCreateCommand] })
export class ApiKeyCommand extends CommandRunner {
  run(): Promise<void> {
    this.command.help();
  }
}

async function make({ organization, name, scopes: given }: NewApiKey): Promise<MadeKey> {
  const scopes = given === undefined ? [...SCOPES] : sortScopes(given.map(({ value }) => value));
  const pair = createKeyPair();
  const api_key_id = await withApplication((app) =>
    app.get(TenantDatabase).transaction(organization, async (manager) => {
      const found = await manager.query<unknown[]>('SELECT FROM organizations WHERE id = $1', [organization]);
      if (found.length === 0) throw new Error(`There is no organization ${organization}.`);
      const id = await app.get(ApiKeysRepository).insert(manager, organization, { name, scopes }, pair);
      await recordEvent(
        manager,
        { organizationId: organization, source: commandLineSource() },
        { action: 'api_key.created', target: { type: 'api_key', id }, after: { name, scopes } },
      );
      return id;
    }),
  );
  return { organization_id: organization, api_key_id, scopes, ...pair };
}

function inWords(name: string, made: MadeKey): string {
  return (
    `API key ${name}: ${made.api_key_id}\n` +
    `May: ${made.scopes.join(', ')}\n` +
    `PUBLIC-API-KEY: ${made.public_api_key}\n` +
    `PRIVATE-SECRET-KEY: ${made.private_secret_key}\n` +
    'The secret is shown only now.\n'
  );
}
