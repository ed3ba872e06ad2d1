/**
 * `caper wire <file.jsonl>`: a recorded session for people, whole or as far as it concerns them.
 *
 * @module
 */
import type { Command } from "commander";
import { readLineFile } from "../line-files.ts";
import { describeWireRecord, parseWireRecord, type WireRecord } from "../wire-output.ts";

interface WireCommandOptions {
  readonly peer?: string;
  readonly op?: string;
  readonly follow?: boolean;
}

export function addWireCommand(program: Command): void {
  program
    .command("wire")
    .description("show the messages that serve or call wrote with --record")
    .argument("<file.jsonl>", "the recorded session")
    .option("--peer <text>", "only those of peers with this in their locator")
    .option("--op <name>", "only those of this operation, like deliver")
    .option("--follow", "go on with what is added to the file, until Ctrl-C")
    .action(showWire);
}

async function showWire(path: string, options: WireCommandOptions): Promise<void> {
  const what = "message of a recorded session";
  for await (const record of readLineFile(path, { what, parse: parseWireRecord, follow: options.follow === true })) {
    if (isWanted(record, options)) process.stdout.write(`${describeWireRecord(record)}\n`);
  }
}

function isWanted({ peer, line }: WireRecord, options: WireCommandOptions): boolean {
  if (options.peer !== undefined && !peer.includes(options.peer)) return false;
  if (options.op === undefined) return true;
  const name = options.op.startsWith("op:") ? options.op : `op:${options.op}`;
  return line === name || line.startsWith(`${name} `);
}
