/**
 * `caper inspect <file.caper>`: what an image is and what it holds. Runs nothing of it.
 *
 * @module
 */
import type { Command } from "commander";
import { readImageFile } from "../image-file.ts";
import { summarizeImage } from "../inspect-data.ts";
import { renderImage } from "../inspect-text.ts";

export function addInspectCommand(program: Command): void {
  program
    .command("inspect")
    .description("show what an image is, what it holds, its stack and its memory; runs nothing")
    .argument("<file.caper>", "an image that run, thaw or freeze wrote")
    .option("--json", "as JSON, for programs")
    .action((path: string, options: { readonly json?: boolean }) => {
      const summary = summarizeImage(readImageFile(path));
      process.stdout.write(options.json === true ? `${JSON.stringify(summary, null, 2)}\n` : renderImage(summary));
    });
}
