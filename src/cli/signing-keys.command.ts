import { Command, CommandRunner, Option, SubCommand } from 'nest-commander';
import { SigningKeysService, type KeyHistory } from '../signing/signing-keys.service.js';
import { CommandGroup } from './command-group.js';
import { withApplication } from './with-application.js';

@SubCommand({ name: 'rotate', description: 'create a new signing key and retire the current one' })
export class SigningKeysRotateCommand extends CommandRunner {
  async run(_arguments: string[], options: { force?: boolean }): Promise<void> {
    const keys = await withApplication(async (app) => {
      await app.get(SigningKeysService).rotate(options);
      return app.get(SigningKeysService).list();
    });
    process.stdout.write(format(keys));
  }

  @Option({
    flags: '--force',
    description: 'retire the current key even if ENCRYPTION_KEY cannot decrypt it',
  })
  parseForce(): true {
    return true;
  }
}

@SubCommand({ name: 'list', description: 'list all signing keys, newest first' })
export class SigningKeysListCommand extends CommandRunner {
  async run(): Promise<void> {
    const keys = await withApplication((app) => app.get(SigningKeysService).list());
    process.stdout.write(
      format(keys) || 'There is no key yet. The first one is created when it is needed.\n',
    );
  }
}

@Command({
  name: 'signing-keys',
  description: 'manage the keys that sign tokens',
  subCommands: [SigningKeysRotateCommand, SigningKeysListCommand],
})
export class SigningKeysCommand extends CommandGroup {}

function format(keys: readonly KeyHistory[]): string {
  return keys.map((key) => `${key.kid}  ${formatState(key)}\n`).join('');
}

function formatState({ created_at, retired_at, published_until }: KeyHistory): string {
  if (retired_at === null || published_until === null) return `in use since ${created_at.toISOString()}`;
  const verb = published_until.getTime() > Date.now() ? 'published' : 'was published';
  return `retired ${retired_at.toISOString()}, ${verb} until ${published_until.toISOString()}`;
}
