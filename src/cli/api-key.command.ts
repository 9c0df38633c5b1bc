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

interface CreatedKey extends KeyPair {
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

@SubCommand({
  name: 'create',
  description: 'create an API key, also when the organization has no usable key',
})
export class ApiKeyCreateCommand extends CommandRunner {
  async run(_arguments: string[], { json, ...options }: Options): Promise<void> {
    const key = plainToInstance(NewApiKey, options);
    const errors = fieldErrorsOf(await validate(key));
    if (errors.length > 0)
      throw new Error(errors.map(({ field, message }) => `--${field} ${message}`).join('\n'));
    const created = await create(key);
    process.stdout.write(json ? `${JSON.stringify(created)}\n` : format(key.name, created));
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
    description: `comma-separated scopes of ${SCOPES.join(',')}; all by default`,
  })
  parseScopes(scopes: string): string[] {
    return scopes.split(',').map((scope) => scope.trim());
  }

  @Option({ flags: '--json', description: 'print the result as one line of JSON' })
  parseJson(): true {
    return true;
  }
}

@Command({ name: 'api-key', description: 'manage API keys', subCommands: [ApiKeyCreateCommand] })
export class ApiKeyCommand extends CommandRunner {
  run(): Promise<void> {
    this.command.help();
  }
}

async function create({ organization, name, scopes: requested }: NewApiKey): Promise<CreatedKey> {
  const scopes = requested === undefined ? [...SCOPES] : sortScopes(requested.map(({ value }) => value));
  const pair = createKeyPair();
  const api_key_id = await withApplication((app) =>
    app.get(TenantDatabase).transaction(organization, async (manager) => {
      const rows = await manager.query<unknown[]>('SELECT FROM organizations WHERE id = $1', [organization]);
      if (rows.length === 0) throw new Error(`There is no organization ${organization}.`);
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

function format(name: string, key: CreatedKey): string {
  return (
    `API key ${name}: ${key.api_key_id}\n` +
    `Scopes: ${key.scopes.join(', ')}\n` +
    `PUBLIC-API-KEY: ${key.public_api_key}\n` +
    `PRIVATE-SECRET-KEY: ${key.private_secret_key}\n` +
    'The secret is shown only now.\n'
  );
}
