/**
 * The command line of the checkout's own commands, `npm run <name> -- …`: `--help` says what there is, and what is not there ends the
 * command with one sentence before it has begun.
 *
 * @module
 */
import { Command } from "commander";

/** Exit code of a command that was asked for what it does not have. */
export const USAGE_CODE = 2;

export function makeCommand(name: string, description: string): Command {
  return new Command(`npm run ${name} --`)
    .description(description)
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : USAGE_CODE));
}
