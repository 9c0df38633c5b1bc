import { Command, CommandRunner, Option, SubCommand } from 'nest-commander';
import { commandLineSource } from '../audit/event-source.js';
import { recordEvent } from '../audit/record-event.js';
import { ApiKeysRepository } from '../api-keys/api-keys.repository.js';
import { createKeyPair, type KeyPair } from '../common/auth/key-pair.js';
import { sortScopes, SCOPES, type ScopeName } from '../common/auth/scopes.js';
import {
  IsArrayOfScalars,
  IsOneOf,
  IsText,
  IsUuid,
  OptionalField,
  ScalarEntry,
} from '../common/validation/field-rules.js';
import { TenantDatabase } from '../database/tenant-database.js';
import { CommandGroup } from './command-group.js';
import { printCreated, validated } from './created-key.js';
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
    const key = await validated(NewApiKey, options);
    const created = await create(key);
    printCreated(created, json, [
      `API key ${key.name}: ${created.api_key_id}`,
      `Scopes: ${created.scopes.join(', ')}`,
    ]);
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
export class ApiKeyCommand extends CommandGroup {}

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
