/**
 * `caper freeze [pid]`: asks a running `caper run` or `caper thaw` of the same user to freeze into a file and to end.
 *
 * @module
 */
import { resolve } from "node:path";
import type { Command } from "commander";
import { askControl, listControlled } from "../../node/index.ts";
import { CliError } from "../errors.ts";
import { formatBytes } from "../quantities.ts";

export function addFreezeCommand(program: Command): void {
  program
    .command("freeze")
    .description("freeze a running `caper run` or `caper thaw` into a file")
    .argument("[pid]", "its process id; may be left out while only one is running")
    .option("--to <file.caper>", "the file to write (default: what the running command would write)")
    .action(async (pid: string | undefined, options: { readonly to?: string }) => {
      const file = options.to === undefined ? {} : { file: resolve(options.to) };
      const answer = await ask(choosePid(pid), file);
      process.stdout.write(`${answer.file}: ${formatBytes(answer.bytes)}, root ${answer.root}\n`);
    });
}

function choosePid(text: string | undefined): number {
  if (text !== undefined) {
    const pid = /^\d{1,10}$/.test(text) ? Number(text) : 0;
    if (pid <= 0) throw new CliError("usage", `freeze: expected a process id, got ${JSON.stringify(text)}`);
    return pid;
  }
  const running = listControlled();
  const [only] = running;
  if (only === undefined) throw new CliError("usage", "freeze: no `caper run` or `caper thaw` is running");
  if (running.length > 1) throw new CliError("usage", `freeze: several are running; give one of ${running.join(", ")}`);
  return only;
}

async function ask(
  pid: number,
  request: { readonly file?: string },
): Promise<{ file: string; root: string; bytes: number }> {
  const answer = await askControl(pid, { action: "freeze", ...request }).catch((error: Error) => {
    throw new CliError("file", `freeze: ${error.message}`, { cause: error });
  });
  if (!answer.ok) throw new CliError("file", `freeze: process ${pid} could not: ${answer.reason}`);
  return answer;
}
