/**
 * The commands of a `.wast` file, as `wast2json` writes them.
 *
 * @module
 */
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { toolPath } from "../support/needs.ts";
import { type Form, formsOf, withoutForms } from "./forms.ts";
import type { Constant } from "./values.ts";

export interface Action {
  readonly type: "invoke" | "get";
  /** Default: the module that was made last. */
  readonly module?: string;
  readonly field: string;
  readonly args?: readonly Constant[];
}

export type Command = { readonly line: number } & (
  | { readonly type: "module"; readonly name?: string; readonly filename: string }
  | { readonly type: "register"; readonly name?: string; readonly as: string }
  | { readonly type: "action"; readonly action: Action }
  | { readonly type: "assert_exception"; readonly action: Action }
  | { readonly type: "assert_return"; readonly action: Action; readonly expected: readonly Constant[] }
  | {
      readonly type: "assert_trap" | "assert_exhaustion";
      readonly action: Action;
      readonly text: string;
    }
  | {
      readonly type: "assert_invalid" | "assert_malformed" | "assert_unlinkable" | "assert_uninstantiable";
      readonly module_type: "binary" | "text";
      readonly filename: string;
      readonly text: string;
    }
);

export interface Script {
  readonly commands: readonly Command[];
  /** What `wast2json` can not read; in `commands` there is an empty module for each that is one. */
  readonly unread: readonly Form[];
  bytes(filename: string): Uint8Array<ArrayBuffer>;
}

/** Nothing of the file can be had from wast2json. */
export class Unreadable extends Error {
  override readonly name = "Unreadable";
}

/** Proposals whose binary format has not changed since wabt knows it, or that are refused by an opcode or flag of their own. */
const FEATURES = "exceptions threads tail-call extended-const memory64 multi-memory relaxed-simd".split(" ");
const ROUNDS_MAX = 300;

/** wabt 1.0.32 wants the table's index, which the text format lets one leave out. */
function spellOut(text: string): string {
  return text.replace(/\((table\.(?:get|set|grow|fill|size))(?=\s*[()])/g, "($1 0 ");
}

/** Calls `use` with the file's commands, whose modules are there meanwhile. Throws Unreadable. */
export function withScript<T>(path: string, use: (script: Script) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "caper-wast-"));
  try {
    return use(convert(spellOut(readFileSync(path, "utf8")), { folder, name: basename(path, ".wast") }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function convert(text: string, { folder, name }: { folder: string; name: string }): Script {
  const forms = formsOf(text);
  const unread = new Set<Form>();
  for (let round = 0; round < ROUNDS_MAX; round++) {
    writeFileSync(join(folder, `${name}.wast`), withoutForms(text, [...unread]));
    const complaint = runTool(folder, name);
    if (complaint === undefined) {
      const { commands } = JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8"));
      const bytes: Script["bytes"] = (file) => new Uint8Array(readFileSync(join(folder, file)));
      return { commands, unread: [...unread], bytes };
    }
    const before = unread.size;
    for (const line of complainedLines(complaint, `${name}.wast`)) {
      const form = forms.findLast((item) => item.line <= line);
      if (form !== undefined) unread.add(form);
    }
    if (unread.size === before) throw new Unreadable(`wast2json can not read it: ${complaint.split("\n")[0]}`);
  }
  throw new Unreadable("wast2json can not read it: too many faults");
}

/** What it complains of, if anything. Without its own checks it reads more, and now and then fails an assertion of its own. */
function runTool(folder: string, name: string): string | undefined {
  const flags = FEATURES.map((feature) => `--enable-${feature}`);
  const run = (more: readonly string[]): SpawnSyncReturns<string> => {
    const args = [...flags, ...more, `${name}.wast`, "-o", `${name}.json`];
    return spawnSync(toolPath("wast2json"), args, { cwd: folder, encoding: "utf8" });
  };
  const unchecked = run(["--no-check"]);
  const { status, stderr, signal } = unchecked.signal === null ? unchecked : run([]);
  return status === 0 ? undefined : stderr || String(signal);
}

function complainedLines(complaint: string, file: string): number[] {
  const lines = [...complaint.matchAll(/^(.*?\.wast):(\d+):\d+: error/gm)];
  return lines.filter((match) => match[1] === file).map((match) => Number(match[2]));
}
