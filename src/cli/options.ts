/**
 * The options that `run` and `thaw` share: what the program is endowed with, its limits, and what is written at the end.
 *
 * @module
 */
import type { Command } from "commander";
import { collectDirectories, collectEnvironment, type DirectoryOption } from "./endowments.ts";
import { CliError } from "./errors.ts";
import { checkOutput } from "./image-file.ts";
import { parseGas, parseMemory } from "./quantities.ts";

/** As commander hands them over. */
export interface RawOptions {
  readonly gas?: string;
  readonly memory?: string;
  readonly dir?: readonly string[];
  readonly env?: readonly string[];
  readonly clock?: boolean;
  readonly random?: boolean;
  readonly freezeTo?: string;
  readonly freezeAfter?: string;
  readonly whole?: boolean;
  readonly report?: string;
  readonly policy?: string;
  readonly auditLog?: string;
}

export interface SharedOptions {
  readonly gas: number | undefined;
  readonly memoryBytes: number | undefined;
  readonly directories: readonly DirectoryOption[];
  readonly environment: { readonly [name: string]: string };
  readonly hasClock: boolean;
  readonly hasRandom: boolean;
  readonly freezeTo: string | undefined;
  readonly freezeAfter: number | undefined;
  readonly isWhole: boolean;
  readonly report: string | undefined;
  readonly policy: string | undefined;
  readonly auditLog: string | undefined;
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

export function addEndowmentOptions(command: Command): Command {
  return command
    .option("--dir <guest=host[:ro]>", "give it a folder, read-only with :ro (repeatable)", collect)
    .option("--env <NAME[=value]>", "give it an environment variable (repeatable)", collect)
    .option("--clock", "let it read the clock and wait for timers")
    .option("--random", "give it real randomness instead of a seeded generator")
    .option(
      "--policy <file.json>",
      "for scripts: packages in processes of their own, with powers and budgets by this policy",
    )
    .option("--audit-log <file.jsonl>", "for scripts: write every use and denial of a power; see caper log");
}

/** @param imageFile what `--freeze-to` is without it, in words */
export function addEndingOptions(command: Command, imageFile: string): Command {
  return command
    .option(
      "--freeze-to <file.caper>",
      `where the image is written when it stops and can go on (default: ${imageFile})`,
    )
    .option("--freeze-after <gas>", "freeze once it has used this much gas")
    .option("--whole", "write a script's image with the engine in it, for other versions of Caper")
    .option("--report <file.json>", "write how it went: status, gas, memory, root of the final image, time");
}

export function readOptions(raw: RawOptions): SharedOptions {
  return {
    gas: parse("--gas", raw.gas, parseGas),
    memoryBytes: parse("--memory", raw.memory, parseMemory),
    directories: collectDirectories(raw.dir ?? []),
    environment: collectEnvironment(raw.env ?? [], process.env),
    hasClock: raw.clock === true,
    hasRandom: raw.random === true,
    freezeTo: raw.freezeTo,
    freezeAfter: parse("--freeze-after", raw.freezeAfter, parseGas),
    isWhole: raw.whole === true,
    report: raw.report,
    policy: raw.policy,
    auditLog: raw.auditLog,
  };
}

/** Before anything runs: what it comes to must not be lost at the end. */
export function checkOutputs({ freezeTo, freezeAfter, report }: SharedOptions, imageFile: string): void {
  if (freezeTo !== undefined || freezeAfter !== undefined) checkOutput(imageFile);
  if (report !== undefined) checkOutput(report);
}

function parse(name: string, text: string | undefined, read: (text: string) => number): number | undefined {
  return text === undefined ? undefined : parseLimit(name, text, read);
}

/** The value of an option that is an amount. */
export function parseLimit(name: string, text: string, read: (text: string) => number): number {
  try {
    return read(text);
  } catch (error) {
    throw new CliError("usage", `${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
