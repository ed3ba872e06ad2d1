/**
 * How fast modules are rewritten, and how large they become.
 *
 * @module
 */
import { makeProgram } from "../src/kernel/index.ts";
import { decodeModule, rewriting, validateModule } from "../src/wasm/index.ts";
import { readEngine } from "./engine.ts";
import { median, threadMs } from "./measure.ts";
import { C_PROGRAMS, readProgram } from "./programs.ts";
import type { Cell, Report } from "./report.ts";

interface Rewriting {
  readonly name: string;
  readonly inputBytes: number;
  readonly outputBytes: number;
  readonly coldMs: number;
  readonly warmMs: number;
  readonly cachedMs: number;
}

/** Decoded, validated, rewritten; the engine's own compilation is not in it. */
function rewrite(bytes: Uint8Array): Uint8Array {
  const module = decodeModule(bytes);
  validateModule(module);
  return rewriting.rewriteModule(module);
}

function time(run: () => unknown): number {
  const start = threadMs();
  run();
  return threadMs() - start;
}

function measure(name: string, bytes: Uint8Array, rounds: number): Rewriting {
  let output = new Uint8Array();
  const coldMs = time(() => {
    output = new Uint8Array(rewrite(bytes));
  });
  const warmMs = median(Array.from({ length: rounds }, () => time(() => rewrite(bytes))));
  // With the engine's compilation, which is lazy.
  const cachedMs = median(Array.from({ length: rounds }, () => time(() => makeProgram({ bytes, rewritten: output }))));
  return { name, inputBytes: bytes.length, outputBytes: output.length, coldMs, warmMs, cachedMs };
}

export function benchRewriting(options: { readonly rounds: number }): Report {
  // The engine first: "cold" means that nothing of the rewriter was compiled by then.
  const engine = measure("quickjs.wasm", readEngine(), options.rounds);
  const programs = C_PROGRAMS.filter(({ name }) => name === "json" || name === "strings");
  const measured = [engine, ...programs.map(({ name }) => measure(`${name}.wasm`, readProgram(name), options.rounds))];
  const rows = measured.map((item): Cell[] => [
    item.name,
    `${(item.inputBytes / 1000).toFixed(0)} kB`,
    item.outputBytes / item.inputBytes,
    `${item.coldMs.toFixed(0)} ms`,
    `${item.warmMs.toFixed(0)} ms`,
    `${(item.inputBytes / 1000 / item.warmMs).toFixed(1)} MB/s`,
    `${item.cachedMs.toFixed(0)} ms`,
  ]);
  return {
    name: "rewriting",
    title: "Rewriting: decode, validate, rewrite",
    columns: ["module", "size", "output / input", "first time in a process", "again", "speed", "loaded from the cache"],
    rows,
    notes: [
      `Asked: quickjs.wasm within 0.1 s cold, at least 10 MB/s, at most twice the size; measured ${(engine.coldMs / 1000).toFixed(2)} s, ` +
        `${(engine.inputBytes / 1000 / engine.warmMs).toFixed(1)} MB/s, ${(engine.outputBytes / engine.inputBytes).toFixed(2)} times.`,
      "Rewritten modules are cached on disk by content, so that this is paid once for each module.",
    ],
    details: measured,
  };
}
