/**
 * `caper thaw <file.caper>`: a frozen process goes on exactly where it stopped, attached to this terminal's streams.
 *
 * @module
 */
import { basename } from "node:path";
import type { Command } from "commander";
import { encodeImage } from "../../image/index.ts";
import { nodeHasher } from "../../node/index.ts";
import { changeBudget, gasLeft } from "../budget.ts";
import { makeConfinedPowers } from "../confined-powers.ts";
import { CliError } from "../errors.ts";
import { thawGuest } from "../guests.ts";
import { readImageFile } from "../image-file.ts";
import { openAuditFile } from "../library-options.ts";
import { addEndingOptions, addEndowmentOptions, type RawOptions, readOptions } from "../options.ts";
import { makePowers } from "../powers.ts";
import { formatGas, PAGE_BYTES } from "../quantities.ts";
import { runSession } from "../session.ts";

export function addThawCommand(program: Command): void {
  const command = program
    .command("thaw")
    .description("let a frozen process go on where it stopped")
    .argument("<file.caper>", "an image that run, thaw or freeze wrote")
    .option("--gas <amount>", "give it this much gas in addition to what it has left")
    .option("--memory <bytes>", "give it this much memory in addition");
  addEndingOptions(addEndowmentOptions(command)).action(thaw);
}

async function thaw(path: string, raw: RawOptions): Promise<void> {
  const options = readOptions(raw);
  const { freezeAfter, freezeTo } = options;
  const { state } = readImageFile(path);
  const gas = options.gas ?? 0;
  const gasHeldBack = freezeAfter === undefined ? undefined : gasLeft(state) + gas - freezeAfter;
  if (gasHeldBack !== undefined && gasHeldBack < 0) {
    throw new CliError(
      "usage",
      `--freeze-after: is more than the ${formatGas(gasLeft(state) + gas)} gas it has; give more with --gas`,
    );
  }
  const pages = Math.floor((options.memoryBytes ?? 0) / PAGE_BYTES);
  using powers = makePowers(options);
  using log = openAuditFile(options.auditLog);
  using packages = makeConfinedPowers(options.policy, log.audit);
  const guest = await thawGuest({
    path,
    state: changeBudget(state, { gas: gas - (gasHeldBack ?? 0), pages }),
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
    imageFile: freezeTo ?? path,
    isFreezeWanted: freezeTo !== undefined,
    isWhole: options.isWhole,
    gasHeldBack,
    reportFile: options.report,
    onProgress: powers.onProgress,
    computeRoot: () => encodeImage(guest.process.freeze({ copy: false }), { hasher: nodeHasher }).root,
  });
  // An output that failed has set a code already, which a program that did not notice must not take back.
  if (exitCode !== 0) process.exitCode = exitCode;
}
