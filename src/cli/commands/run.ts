/**
 * `caper run <program>`: a WebAssembly program or a script, with exactly what the options give it.
 *
 * @module
 */
import { basename } from "node:path";
import type { Command } from "commander";
import { makeConfinedPowers } from "../confined-powers.ts";
import { CliError } from "../errors.ts";
import { startGuest } from "../guests.ts";
import { readInput } from "../image-file.ts";
import { openAuditFile } from "../library-options.ts";
import { addEndingOptions, addEndowmentOptions, checkOutputs, type RawOptions, readOptions } from "../options.ts";
import { checkPackageBudgets, gasOfPackages } from "../package-budgets.ts";
import { makePowers } from "../powers.ts";
import { runSession } from "../session.ts";

export const GAS_DEFAULT = 10_000_000_000;
export const MEMORY_BYTES_DEFAULT: number = 256 * 1024 * 1024;

export function addRunCommand(program: Command): void {
  const command = program
    .command("run")
    .description("run a WebAssembly program or a script with exactly what you give it")
    .argument("<program>", "a .wasm file (WASI preview 1), or a .js, .mjs, .ts or .mts file")
    .argument("[args...]", "arguments for the program; put -- before those that begin with a dash")
    .option("--gas <amount>", "instructions it may execute, like 50M", "10G")
    .option("--memory <bytes>", "memory it may have, like 64M", "256M");
  addEndingOptions(addEndowmentOptions(command), "<program>.caper").action(run);
}

async function run(path: string, args: readonly string[], raw: RawOptions): Promise<void> {
  const options = readOptions(raw);
  const { gas = GAS_DEFAULT, memoryBytes = MEMORY_BYTES_DEFAULT, freezeAfter, freezeTo } = options;
  if (path.endsWith(".caper"))
    throw new CliError("usage", `${path}: is an image; let it go on with: caper thaw ${path}`);
  const bytes = readInput(path);
  const imageFile = freezeTo ?? `${basename(path).replace(/\.[a-z]+$/, "")}.caper`;
  checkOutputs(options, imageFile);
  using powers = makePowers(options);
  using log = openAuditFile(options.auditLog);
  using packages = makeConfinedPowers(options.policy, log.audit);
  const budgets = { policy: packages.policy, path: options.policy, gas, memoryBytes };
  checkPackageBudgets(budgets);
  const gasAtFirst = freezeAfter === undefined ? gas : freezeAfter + gasOfPackages(budgets);
  if (gasAtFirst > gas) {
    throw new CliError("usage", "--freeze-after: is more than --gas, so the program would run out before; give less");
  }
  const guest = await startGuest({
    path,
    bytes,
    args,
    environment: options.environment,
    powers: powers.wasi,
    audit: log.audit,
    packages,
    gas: gasAtFirst,
    memoryBytes,
  });
  const exitCode = await runSession({
    command: "run",
    program: basename(path),
    process: guest.process,
    begin: guest.begin,
    imageFile,
    isFreezeWanted: freezeTo !== undefined,
    isWhole: options.isWhole,
    gasHeldBack: freezeAfter === undefined ? undefined : gas - gasAtFirst,
    reportFile: options.report,
    onProgress: powers.onProgress,
  });
  // An output that failed has set a code already, which a program that did not notice must not take back.
  if (exitCode !== 0) process.exitCode = exitCode;
}
