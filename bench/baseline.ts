/**
 * What others pay for the same abilities: gas in a mutable global, tested at every function entry and loop, and Binaryen's
 * Asyncify so that the test can suspend, optimised by Binaryen. Made from Binaryen's text, in which a loop is a line.
 *
 * @module
 */
import binaryen from "binaryen";

const OPTIMIZE_LEVEL = 2;
/** What the measured modules use; more would let the optimiser write what engines do not have. */
const FEATURES =
  binaryen.Features.BulkMemory |
  binaryen.Features.BulkMemoryOpt |
  binaryen.Features.SIMD128 |
  binaryen.Features.SignExt |
  binaryen.Features.NontrappingFPToInt |
  binaryen.Features.MutableGlobals |
  binaryen.Features.Multivalue |
  binaryen.Features.ReferenceTypes;
/** Large enough that a bench never gets to the end of it. */
const GAS = "9000000000000000000";

/** Adds the charge after every loop header and function header. */
export function meterText(text: string): string {
  const lines = text.split("\n");
  const metered: string[] = [];
  let awaitingBody = false;
  for (const [index, line] of lines.entries()) {
    if (awaitingBody && !/^ {2}\(local /.test(line)) {
      metered.push(charge(lines, index));
      awaitingBody = false;
    }
    metered.push(line);
    if (line === "(module") metered.push(' (import "meter" "stop" (func $meter_stop))');
    if (line === ")") metered.splice(-1, 0, ` (global $meter_gas (mut i64) (i64.const ${GAS}))`);
    if (/^ \(func /.test(line)) awaitingBody = true;
    if (/^ *\(loop\b/.test(line)) metered.push(charge(lines, index + 1));
  }
  return metered.join("\n");
}

/** About one gas for each instruction up to the next charge: what the amount is does not change what it costs. */
function charge(lines: readonly string[], from: number): string {
  let to = from;
  while (to < lines.length && !/^ *\((loop|func)\b/.test(lines[to]!)) to++;
  return [
    `(global.set $meter_gas (i64.sub (global.get $meter_gas) (i64.const ${to - from})))`,
    "(if (i64.lt_s (global.get $meter_gas) (i64.const 0)) (then (call $meter_stop)))",
  ].join(" ");
}

/** Metering alone, or with Asyncify so that the program could stop at every charge. */
export function meterWithBinaryen(bytes: Uint8Array, options: { readonly asyncify: boolean }): Uint8Array<ArrayBuffer> {
  const original = binaryen.readBinary(bytes);
  original.setFeatures(binaryen.Features.All);
  const text = original.emitText();
  original.dispose();
  const module = binaryen.parseText(meterText(text));
  module.setFeatures(FEATURES);
  binaryen.setOptimizeLevel(OPTIMIZE_LEVEL);
  binaryen.setShrinkLevel(0);
  if (options.asyncify) module.runPasses(["asyncify"]);
  module.optimize();
  const result = new Uint8Array(module.emitBinary());
  module.dispose();
  return result;
}
