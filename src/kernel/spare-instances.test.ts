import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ModuleText } from "../../test/support/assemble.ts";
import { machineOf, programOf, WHOLE } from "../../test/support/machine-run.ts";
import type { MachineState } from "../image/index.ts";
import type { HostContext } from "./host.ts";
import type { Machine } from "./machine.ts";
import type { Program } from "./program.ts";

const PAGE = 65_536;
const INIT = { memoryPagesMax: 8 };

/** Writes to its memory and a global, grows, and tells what it finds in them. */
const NOTEBOOK: ModuleText = {
  memory: [1, 8],
  globals: ["mut i64 i64.const 7"],
  functions: [
    { name: "write", type: "i32 i32 ->", code: "local.get 0 local.get 1 i32.store8" },
    { name: "read", type: "i32 -> i32", code: "local.get 0 i32.load8_u" },
    { name: "set", type: "i64 ->", code: "local.get 0 global.set 0" },
    { name: "get", type: "-> i64", code: "global.get 0" },
    { name: "grow", type: "i32 -> i32", code: "local.get 0 memory.grow" },
    { name: "trap", type: "->", code: "unreachable" },
  ],
};

function run(machine: Machine, program: Program, name: string, ...args: (number | bigint)[]) {
  const item = program.module.exports.find((entry) => entry.name === name);
  machine.start(item?.index ?? -1, args);
  return machine.run(WHOLE);
}

/** The memory by its hash: to compare so many numbers one by one takes long. */
function saved(machine: Machine) {
  const { memories, ...rest } = machine.freeze({ copy: true });
  return { ...rest, memories: memories.map(({ bytes }) => createHash("sha256").update(bytes).digest("hex")) };
}

/** A program with the state that its machines begin from. */
function notebook() {
  const program = programOf(NOTEBOOK);
  const first = machineOf(program, INIT);
  run(first, program, "write", 5, 9);
  const state = structuredClone(first.freeze({ copy: true }));
  return { program, state, begin: (from: MachineState = state) => machineOf(program, INIT, from) };
}

describe("an instance whose machine was released", () => {
  it("serves the next machine, which finds nothing of the one before", () => {
    const { program, begin } = notebook();
    const one = begin();
    for (const [name, ...args] of [["write", 100, 1], ["write", PAGE - 1, 2], ["set", 99n], ["trap"]] as const) {
      run(one, program, name, ...args);
    }
    const view = one.memory();
    one.release();
    expect(view.length).toBe(0);
    const other = begin();
    expect(saved(other)).toEqual(saved(begin()));
    expect(run(other, program, "read", 5)).toEqual({ kind: "done", results: [9] });
    expect(run(other, program, "get")).toEqual({ kind: "done", results: [7n] });
  });

  it("is as good as a new one, whatever was done before", () => {
    const operation = fc.oneof(
      fc.tuple(fc.constant("write"), fc.integer({ min: 0, max: PAGE - 1 }), fc.integer({ min: 0, max: 255 })),
      fc.tuple(fc.constant("set"), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
      fc.tuple(fc.constant("grow"), fc.integer({ min: 0, max: 3 })),
      fc.constant(["trap"] as const),
    );
    const { program, state, begin } = notebook();
    // Its machines are never released, so each has an instance of its own.
    const unused = programOf(NOTEBOOK);
    let served = 0;
    fc.assert(
      fc.property(fc.array(fc.array(operation, { maxLength: 6 }), { minLength: 2, maxLength: 4 }), (lives) => {
        for (const life of lives) {
          const machine = begin();
          const alone = machineOf(unused, INIT, state);
          for (const [name, ...args] of life) {
            if (!machine.idle) break;
            expect(run(machine, program, name, ...args)).toEqual(run(alone, program, name, ...args));
          }
          expect(saved(machine)).toEqual(saved(alone));
          const view = machine.memory();
          machine.release();
          if (view.length === 0) served++;
        }
      }),
      { numRuns: 20 },
    );
    expect(served).toBeGreaterThan(10);
  });

  it("does not serve while a saved state has its memory", () => {
    const { program, state, begin } = notebook();
    const one = begin();
    run(one, program, "write", 6, 8);
    const saved = one.freeze();
    one.release();
    const other = begin();
    run(other, program, "write", 6, 1);
    expect(begin(saved).freeze({ copy: true }).memories[0]?.bytes.subarray(0, 8)).toEqual(
      new Uint8Array([0, 0, 0, 0, 0, 9, 8, 0]),
    );
    expect(state.memories[0]?.bytes[6]).toBe(0);
  });

  it("serves again when the process has gone on since it was saved", () => {
    const { program, begin } = notebook();
    const one = begin();
    one.freeze();
    run(one, program, "get");
    const view = one.memory();
    one.release();
    expect(view.length).toBe(0);
  });

  it("serves none that began with less memory", () => {
    const { program, begin } = notebook();
    const one = begin();
    run(one, program, "grow", 2);
    one.release();
    const other = begin();
    expect(other.memoryPages).toBe(1);
    expect(run(other, program, "grow", 1)).toEqual({ kind: "done", results: [1] });
  });

  it("is out of reach of a host function that has kept its context", () => {
    let kept: HostContext | undefined;
    const program = programOf({
      imports: { "env.keep": "->" },
      memory: [1, 1],
      functions: [{ name: "f", code: "call 0" }],
    });
    const imports = {
      "env.keep": (context: HostContext) => {
        kept = context;
        return undefined;
      },
    };
    const begin = (state?: MachineState) => machineOf(program, { ...INIT, imports }, state);
    const machine = begin(structuredClone(begin().freeze({ copy: true })));
    run(machine, program, "f");
    expect(kept?.memory().length).toBe(PAGE);
    machine.release();
    expect(() => kept?.memory()).toThrow("discarded");
    expect(() => kept?.charge(1)).toThrow("discarded");
  });

  it("serves nobody when the machine is released by a host function that it called", () => {
    let machine: Machine | undefined;
    const program = programOf({
      imports: { "env.end": "->" },
      memory: [1, 1],
      functions: [{ name: "f", type: "-> i32", code: "call 0 i32.const 3" }],
    });
    const imports = {
      "env.end": () => {
        machine?.abandon();
        machine?.release();
        return undefined;
      },
    };
    const begin = (state?: MachineState) => machineOf(program, { ...INIT, imports }, state);
    machine = begin(structuredClone(begin().freeze({ copy: true })));
    const view = machine.memory();
    run(machine, program, "f");
    expect(view.length).toBe(PAGE);
  });

  it("serves nobody when its module can change tables", () => {
    const program = programOf({
      memory: [1, 1],
      functions: [{ name: "clear", code: "i32.const 0 ref.null funcref table.set 0" }],
      more: { tables: [{ element: 0x70, limits: { min: 1, max: 1 } }] },
    });
    const machine = machineOf(program, INIT, structuredClone(machineOf(program, INIT).freeze({ copy: true })));
    const view = machine.memory();
    machine.release();
    expect(view.length).toBe(PAGE);
  });
});
