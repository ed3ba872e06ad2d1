/**
 * `caper thaw <file.caper>`: a frozen process goes on exactly where it stopped, attached to this terminal's streams.
 *
 * @module
 */
import { basename } from "node:path";
import type { Command } from "commander";
import type { TreeState } from "../../image/index.ts";
import { type Budget, budgetOf, changeBudget, gasLent } from "../budget.ts";
import { makeConfinedPowers } from "../confined-powers.ts";
import { CliError } from "../errors.ts";
import { thawGuest } from "../guests.ts";
import { readImageFile } from "../image-file.ts";
import { openAuditFile } from "../library-options.ts";
import { addEndingOptions, addEndowmentOptions, checkOutputs, type RawOptions, readOptions } from "../options.ts";
import { gasOfPackages } from "../package-budgets.ts";
import { makePowers } from "../powers.ts";
import { formatBytes, formatGas, PAGE_BYTES } from "../quantities.ts";
import { runSession } from "../session.ts";
import { GAS_DEFAULT, MEMORY_BYTES_DEFAULT } from "./run.ts";

export function addThawCommand(program: Command): void {
  const command = program
    .command("thaw")
    .description("let a frozen process go on where it stopped")
    .argument("<file.caper>", "an image that run, thaw or freeze wrote")
    .option("--gas <amount>", "give it this much gas in addition to what it has left, which counts up to 10G")
    .option("--memory <bytes>", "give it this much memory in addition to what it has, which counts up to 256M");
  addEndingOptions(addEndowmentOptions(command), "the image itself").action(thaw);
}

async function thaw(path: string, raw: RawOptions): Promise<void> {
  const options = readOptions(raw);
  const { freezeAfter, freezeTo } = options;
  const state = grant(path, readImageFile(path).state, {
    gas: options.gas ?? 0,
    pages: Math.floor((options.memoryBytes ?? 0) / PAGE_BYTES),
  });
  const gasLeft = budgetOf(state).gas - gasLent(state);
  if (freezeAfter !== undefined && freezeAfter > gasLeft) {
    const words = `is more than the ${formatGas(gasLeft)} gas it has; give more with --gas`;
    throw new CliError("usage", `--freeze-after: ${words}`);
  }
  const imageFile = freezeTo ?? path;
  checkOutputs(options, imageFile);
  using powers = makePowers(options);
  using log = openAuditFile(options.auditLog);
  using packages = makeConfinedPowers(options.policy, log.audit);
  // Those that run already have theirs.
  const unlent = (): number =>
    Math.max(0, gasOfPackages({ policy: packages.policy, path: options.policy }) - gasLent(state));
  const gasHeldBack = freezeAfter === undefined ? undefined : Math.max(0, gasLeft - freezeAfter - unlent());
  const guest = await thawGuest({
    path,
    state: changeBudget(state, { gas: -(gasHeldBack ?? 0), pages: 0 }),
    environment: options.environment,
    powers: powers.wasi,
    audit: log.audit,
    packages,
  });
  const exitCode = await runSession({
    command: "thaw",
    program: basename(path),
    process: guest.process,
    begin: guest.begin,
    imageFile,
    isFreezeWanted: freezeTo !== undefined,
    isWhole: options.isWhole,
    gasHeldBack,
    reportFile: options.report,
    onProgress: powers.onProgress,
  });
  // An output that failed has set a code already, which a program that did not notice must not take back.
  if (exitCode !== 0) process.exitCode = exitCode;
}

/** What an image says that it has left is its maker's claim: it counts as far as `run` would give it unasked. The user hears of a cut. */
function grant(path: string, state: TreeState, more: Budget): TreeState {
  const claim = budgetOf(state);
  const gas = Math.min(claim.gas, GAS_DEFAULT);
  const pages = Math.min(claim.pages, MEMORY_BYTES_DEFAULT / PAGE_BYTES);
  const cuts = [
    ...(gas < claim.gas
      ? [`${formatGas(claim.gas)} gas left, of which ${formatGas(gas)} count (--gas adds to them)`]
      : []),
    ...(pages < claim.pages
      ? [
          `${formatBytes(claim.pages * PAGE_BYTES)} memory, of which ${formatBytes(pages * PAGE_BYTES)} count (--memory adds to them)`,
        ]
      : []),
  ];
  if (cuts.length > 0) process.stderr.write(`caper: ${path}: by its own account it has ${cuts.join(" and ")}\n`);
  return changeBudget(state, { gas: gas - claim.gas + more.gas, pages: pages - claim.pages + more.pages });
}
