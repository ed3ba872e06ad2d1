/**
 * The judge itself, by small files of which we know what they have to come to: it must see what is wrong, and leave out no more than it
 * has to.
 *
 * @module
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeWith } from "../support/needs.ts";
import type { Report } from "./report.ts";
import { runFile } from "./run-file.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "caper-judge-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function judge(...lines: readonly string[]): Report {
  const path = join(folder, "file.wast");
  writeFileSync(path, lines.join("\n"));
  return runFile(path);
}

const FACTORIAL = [
  '(module $m (memory 1) (func $f (export "f") (param i64) (result i64)',
  "  (if (result i64) (i64.eqz (local.get 0)) (then (i64.const 1))",
  "    (else (i64.mul (local.get 0) (call $f (i64.sub (local.get 0) (i64.const 1))))))))",
];

describeWith(["wast2json"], "the judge of the WebAssembly test suite", () => {
  it("holds what is right, interrupted too", () => {
    const { failures, ...report } = judge(
      ...FACTORIAL,
      '(assert_return (invoke "f" (i64.const 5)) (i64.const 120))',
      '(assert_exhaustion (invoke "f" (i64.const -1)) "call stack exhausted")',
      '(assert_invalid (module (func (result i32))) "type mismatch")',
      '(assert_malformed (module binary "\\00as") "unexpected end")',
      '(module (memory 1) (func (export "load") (drop (i32.load (i32.const 65533)))))',
      '(assert_trap (invoke "load") "out of bounds memory access")',
      '(assert_trap (module (memory 1) (data (i32.const 65536) "a")) "out of bounds memory access")',
      '(assert_unlinkable (module (import "nobody" "f" (func))) "unknown import")',
    );
    expect(failures).toEqual([]);
    expect(report).toMatchObject({ modules: 2, held: 7, notApplicable: new Map() });
    expect(report.thaws).toBeGreaterThan(10);
  });

  it.each([
    ["another result", '(assert_return (invoke "f" (i64.const 5)) (i64.const 121))'],
    ["a trap that does not come", '(assert_trap (invoke "f" (i64.const 5)) "unreachable")'],
    ["another trap", '(assert_trap (invoke "f" (i64.const -1)) "unreachable")'],
    ["an instance", '(assert_unlinkable (module (import "spectest" "print" (func))) "unknown import")'],
  ])("does not take %s", (_, assertion) => {
    const { held, failures } = judge(...FACTORIAL, assertion);
    expect(held).toBe(0);
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatch(/^line 4: expected .*, came /);
  });

  it("calls other modules of the file, whose traps come through", () => {
    const { held, failures } = judge(
      ...FACTORIAL,
      '(register "m")',
      '(module (import "m" "f" (func $f (param i64) (result i64)))',
      '  (func (export "g") (result i64) (i64.add (call $f (i64.const 3)) (call $f (i64.const 4))))',
      '  (func (export "h") (drop (call $f (i64.const -1)))))',
      '(assert_return (invoke "g") (i64.const 30))',
      '(assert_trap (invoke "h") "call stack exhausted")',
      '(assert_return (invoke $m "f" (i64.const 2)) (i64.const 2))',
    );
    expect(failures).toEqual([]);
    expect(held).toBe(3);
  });

  it("leaves out what wast2json can not read, and what may depend on it", () => {
    const { held, failures, notApplicable } = judge(
      ...FACTORIAL,
      '(assert_return (invoke "f" (i64.const 3)) (i64.const 6))',
      '(assert_return (invoke "f" (i64.nonsense 3)) (i64.const 6))',
      '(assert_return (invoke "f" (i64.const 3)) (i64.const 6))',
      "(module (nonsense))",
      '(assert_return (invoke "f" (i64.const 3)) (i64.const 6))',
    );
    expect(failures).toEqual([]);
    expect(held).toBe(1);
    expect([...notApplicable.values()].reduce((sum, count) => sum + count, 0)).toBe(4);
  });
});
