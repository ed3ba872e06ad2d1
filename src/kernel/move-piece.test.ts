/** Large moves in pieces: what they come to is what they would in one go, whatever happens between the pieces. */
import { describe, expect, it } from "vitest";
import type { ModuleText } from "../../test/support/assemble.ts";
import {
  call,
  exportIndex,
  finish,
  machineOf,
  programOf,
  type RunPlan,
  WHOLE,
} from "../../test/support/machine-run.ts";
import { rewriting } from "../wasm/index.ts";
import type { Machine } from "./machine.ts";
import type { Program } from "./program.ts";

const { MOVE_BYTES_MAX } = rewriting;
const PAGES = (4 * MOVE_BYTES_MAX) / 65_536;
const MEMORY_BYTES = PAGES * 65_536;
const INIT = { memoryPagesMax: PAGES };

/** Each with a local of another type, and an operand below, that must survive. */
const MODULE: ModuleText = {
  memory: [PAGES],
  functions: ["memory.copy", "memory.fill"].map((move) => ({
    name: move,
    type: "i32 i32 i32 -> i64",
    locals: "i64 i32",
    code: `i64.const 7 local.set 3 i32.const 30 local.set 4 i64.const 5
      local.get 0 local.get 1 local.get 2 ${move} local.get 3 i64.add local.get 4 i64.extend_i32_u i64.add`,
  })),
};

function begin(program: Program, move: string, operands: readonly number[]): Machine {
  const machine = machineOf(program, INIT);
  const memory = machine.memory();
  for (let i = 0; i < MEMORY_BYTES / 16_384; i++) memory.fill(i * 31 + 1, i * 16_384, (i + 1) * 16_384);
  machine.start(
    exportIndex(program, move),
    operands.map((operand) => operand | 0),
  );
  return machine;
}

function ended(machine: Machine): { readonly gasUsed: number; readonly memory: Buffer } {
  return { gasUsed: machine.gasUsed, memory: Buffer.from(machine.memory()) };
}

const PIECES = 3 * MOVE_BYTES_MAX + 5;

describe("a large move", () => {
  const program = programOf(MODULE);

  it.each([
    ["memory.copy", "forwards", 3, 70_000],
    ["memory.copy", "backwards", 70_000, 3],
    ["memory.copy", "onto itself", 9, 9],
    ["memory.fill", "", 5, 0x1a5],
  ])("%s %s ends as in one go", (move, _, to, from) => {
    const whole = begin(program, move, [to, from, PIECES]);
    const memory = whole.memory();
    if (move === "memory.copy") memory.copyWithin(to, from, from + PIECES);
    else memory.fill(from & 0xff, to, to + PIECES);
    const expected = Buffer.from(memory);
    const plans: RunPlan[] = [
      { slice: WHOLE, thaws: false },
      { slice: WHOLE, thaws: false, brief: true },
      { slice: WHOLE, thaws: true, brief: true },
      { slice: 0, thaws: true, brief: true },
    ];
    for (const plan of plans) {
      const { stop, machine, stops } = finish(program, begin(program, move, [to, from, PIECES]), INIT, plan);
      expect(stop).toEqual({ kind: "done", results: [42n] });
      expect(machine.gasUsed).toBe(call(program, move, [to, from, 0], INIT).gasUsed + Math.floor(PIECES / 8));
      expect(ended(machine).memory.equals(expected)).toBe(true);
      if (plan.brief === true) expect(stops).toBeGreaterThanOrEqual(3);
    }
  });

  it.each([
    [MOVE_BYTES_MAX, 0],
    [MOVE_BYTES_MAX + 1, 1],
  ])("of %i bytes stops %i times", (size, stops) => {
    // Its continuations are there already.
    const plan = { slice: WHOLE, thaws: false, brief: true };
    finish(program, begin(program, "memory.fill", [0, 1, MOVE_BYTES_MAX + 1]), INIT, plan);
    expect(finish(program, begin(program, "memory.fill", [0, 1, size]), INIT, plan).stops).toBe(stops);
  });

  it.each([
    ["memory.copy", MEMORY_BYTES - PIECES + 1, 0, PIECES],
    ["memory.copy", 0, MEMORY_BYTES - PIECES + 1, PIECES],
    ["memory.fill", MEMORY_BYTES - PIECES + 1, 1, PIECES],
    ["memory.fill", 0xffff_ffff, 1, 0xffff_ffff],
    ["memory.copy", 0, 0x8000_0000, 0x8000_0000],
  ])("%s that leads out of the memory moves nothing", (move, to, from, size) => {
    const before = Buffer.from(begin(program, move, [0, 0, 0]).memory());
    const machine = begin(program, move, [to, from, size]);
    expect(finish(program, machine, INIT, { slice: WHOLE, thaws: false, brief: true }).stop).toMatchObject({
      kind: "trap",
      code: "memory-out-of-bounds",
    });
    expect(ended(machine).memory.equals(before)).toBe(true);
  });
});
