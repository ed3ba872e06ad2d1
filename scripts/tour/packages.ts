/**
 * The tour's packages: a real one that has nothing and works, and a malicious one that has nothing and finds nothing.
 *
 * @module
 */
import { cpSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { EXIT_CODES } from "../../src/cli/exit-codes.ts";
import type { Shell } from "./command.ts";

const ATTACKS = resolve(import.meta.dirname, "../../test/attacks");
/** Nobody waits half a minute for a network that is not there. */
const IMPATIENT = { npm_config_fetch_retries: "0", npm_config_fetch_timeout: "10000", npm_config_loglevel: "silent" };

export async function tryMarked(shell: Shell, tell: (text: string) => void): Promise<void> {
  const typing = { lines: ['marked.parse("# Hello")'], env: IMPATIENT, silentAt: EXIT_CODES.network };
  const { exitCode } = await shell.caperTyping(typing, "try", "marked");
  tell(
    exitCode === EXIT_CODES.network
      ? "No registry can be reached, and none was before: this part is left out. It would have shown marked at work."
      : "It has no files, no network, no environment, no clock: only its gas and memory.",
  );
}

/** The look-alike opens its payload only in the application that it was made for, so it is told that this is the one. */
export async function tryThief(shell: Shell, tell: (text: string) => void): Promise<void> {
  const folder = join(shell.folder, "flatmap-stream");
  const log = join(shell.folder, "log.jsonl");
  cpSync(join(ATTACKS, "event-stream/package"), folder, { recursive: true });
  cpSync(join(ATTACKS, "harness/kit.cjs"), join(folder, "kit.cjs"));
  // Where it may leave traces and send to, should it ever get out: here, and nowhere.
  writeFileSync(join(folder, "sandbox.json"), JSON.stringify({ sandbox: shell.folder, sink: "http://127.0.0.1:9" }));
  const typing = {
    lines: ['lookalikeFlatmapStream.flatmap(["a b", "c"], (text) => text.split(" "))'],
    env: { npm_package_description: "A Secure Bitcoin Wallet" },
  };
  tell("It gets the one variable that it asks for. Its honest half works; its payload decrypts itself, and runs:");
  const power = "environment=npm_package_description";
  await shell.caperTyping(typing, "try", folder, "--power", power, "--audit-log", log);
  tell("What the payload wanted:");
  await shell.caper("log", log, "--denied");
}
