/**
 * The command line. Whatever goes wrong, the user gets one sentence and a documented exit code; only a bug of Caper shows a stack
 * trace, and only where it is asked for with `CAPER_DEBUG=1`.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { addAuditCommand } from "./commands/audit.ts";
import { addCallCommand } from "./commands/call.ts";
import { addFreezeCommand } from "./commands/freeze.ts";
import { addInspectCommand } from "./commands/inspect.ts";
import { addLogCommand } from "./commands/log.ts";
import { addRunCommand } from "./commands/run.ts";
import { addServeCommand } from "./commands/serve.ts";
import { addThawCommand } from "./commands/thaw.ts";
import { addTryCommand } from "./commands/try.ts";
import { addWireCommand } from "./commands/wire.ts";
import { CliError, describeSystemError } from "./errors.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { toCliError } from "./library-errors.ts";

function version(): string {
  // In a checkout and in a package alike, package.json lies beside the folder that holds this file's folder.
  const isSource = import.meta.url.endsWith(".ts");
  const file = new URL(isSource ? "../../package.json" : "../package.json", import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}

export function makeProgram(): Command {
  const program = new Command("caper")
    .description("Runs programs with exactly the authority, gas and memory you give them; freezes and thaws them.")
    .version(version(), "-V, --version", "print the version")
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .helpCommand(false);
  addRunCommand(program);
  addFreezeCommand(program);
  addThawCommand(program);
  addInspectCommand(program);
  addTryCommand(program);
  addAuditCommand(program);
  addLogCommand(program);
  addServeCommand(program);
  addCallCommand(program);
  addWireCommand(program);
  return program;
}

/** The help of the command that was meant. */
function helpCommand(): string {
  const [, , name] = process.argv;
  return makeProgram().commands.some((command) => command.name() === name) ? `caper ${name} --help` : "caper --help";
}

/** The exit code for what was thrown, after its sentence was printed. */
function report(thrown: unknown): number {
  const error = toCliError(thrown);
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    const sentence = error.message.replace(/^error: /, "").replaceAll("\n", " ");
    if (error.code !== "commander.help") process.stderr.write(`caper: ${sentence}\nTry ${helpCommand()}.\n`);
    return EXIT_CODES.usage;
  }
  if (error instanceof CliError) {
    process.stderr.write(`caper: ${error.message}\n`);
    return EXIT_CODES[error.exit];
  }
  const text = error instanceof Error ? error.message : String(error);
  process.stderr.write(`caper: this is a bug of Caper: ${text} (CAPER_DEBUG=1 shows where)\n`);
  if (process.env.CAPER_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return EXIT_CODES.fault;
}

// A guest learns of a broken output from its own write. A reader that goes away (`caper inspect x | head -1`) is no error at all.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") return;
  process.stderr.write(`caper: standard output: cannot be written: ${describeSystemError(error)}\n`);
  process.exitCode ||= EXIT_CODES.file;
});

try {
  await makeProgram().parseAsync(process.argv);
} catch (error) {
  process.exitCode = report(error);
}
