import { CommandRunner } from 'nest-commander';

/** A command that has only subcommands: prints its help. */
export class CommandGroup extends CommandRunner {
  run(): Promise<void> {
    this.command.help();
  }
}
