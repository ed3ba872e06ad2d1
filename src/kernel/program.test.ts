/**
 * Whatever bytes come in, `makeProgram` gives a program or a `WasmError`; what it takes can be started, run in slices and
 * frozen, and never fails in another way than a guest may.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readProgram } from "../../bench/programs.ts";
import { assembleModule } from "../../test/support/assemble.ts";
import { I64, WasmError } from "../wasm/index.ts";
import type { HostFunction } from "./host.ts";
import { makeMachine } from "./machine.ts";
import { type ByteStore, makeProgram, type Program } from "./program.ts";

/** Has every section that a guest may have, and an instruction of each family. */
const RICH = assembleModule({
  imports: { "env.f": "i32 f64 -> i64" },
  memory: [1, 3],
  tags: ["i32"],
  globals: [
    "mut v128 v128.const 000102030405060708090a0b0c0d0e0f",
    "funcref ref.func 1",
    "mut f32 f32.const 0x7fa00001",
  ],
  functions: [
    {
      name: "a",
      type: "i32 f32 -> i32",
      locals: "i64 2*v128",
      code: `block i32 try_table catch:0:0
        loop local.get 0 i32.eqz if [->] local.get 0 f64.const 1 call 0 local.set 2 else i32.const 7 throw 0 end local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end
        end i32.const 0 end
        local.get 1 f32.const 0 f32.div global.set 2
        global.get 0 f32x4.neg local.tee 3 local.get 3 f32x4.mul i32x4.extract_lane 2 i32.add`,
    },
    {
      type: "i32 ->",
      code: "i32.const 0 i32.const 0 i32.const 2 memory.init 0 local.get 0 memory.grow drop i32.const 0 i32.const 1 i32.const 9 memory.fill",
    },
    {
      type: "-> i32",
      code: "block block i32.const 1 br_table 0 1 0 end i32.const 0 i32.load offset=4 return end i32.const 1 i32.const 0 call_indirect [i32 ->] 0 i32.const 2",
    },
  ],
  more: {
    tables: [{ element: 0x70, limits: { min: 2, max: 4 } }],
    elements: [
      { mode: "active", table: 0, type: 0x70, offset: [0x41, 0, 0x0b], items: [2, 1] },
      { mode: "passive", table: 0, type: 0x70, items: [3] },
    ],
    dataCount: 2,
    data: [
      { mode: "passive", bytes: [1, 2, 3] },
      { mode: "active", offset: [0x41, 8, 0x0b], bytes: [4, 5] },
    ],
    exports: [{ name: "m", kind: "memory", index: 0 }],
  },
});

/** The program, or undefined where the module is refused as it should be. Any other error is thrown on. */
function take(bytes: Uint8Array): Program | undefined {
  try {
    return makeProgram({ bytes });
  } catch (error) {
    if (!(error instanceof WasmError)) throw error;
    expect(error.message).toMatch(/^[^\n]{5,500}$/);
    return undefined;
  }
}

/** A host function that answers zero of the right type. */
function answering({ module }: Program, from: string, name: string): HostFunction {
  const found = module.imports.find((item) => item.module === from && item.name === name);
  const type = found?.kind === "func" ? module.types[found.type] : undefined;
  return () => (type?.results[0] === I64 ? 0n : 0);
}

const SLICES = 6;

/** Calls each function that takes no arguments, for a few slices each, and freezes in between. */
function exercise(program: Program): void {
  const make = (state?: ReturnType<ReturnType<typeof makeMachine>["freeze"]>) =>
    makeMachine({
      program,
      imports: (from, name) => answering(program, from, name),
      memoryPagesMax: 10,
      ...(state === undefined ? {} : { state }),
    });
  try {
    make();
  } catch (error) {
    if (error instanceof WasmError || error instanceof RangeError) return;
    throw error;
  }
  const { module } = program;
  for (let func = module.importedFunctions; func < module.functions.length; func++) {
    if (module.types[module.functions[func] as number]?.params.length !== 0) continue;
    let machine = make();
    machine.start(func, []);
    for (let i = 0; i < SLICES && machine.run(50).kind === "slice"; i++) {
      machine = make(structuredClone(machine.freeze({ copy: true })));
    }
  }
}

const MODULES = { rich: RICH, fib: readProgram("fib") };

describe("makeProgram", () => {
  it("takes the modules as they are", () => {
    for (const bytes of Object.values(MODULES)) exercise(take(bytes) as Program);
  });

  it("refuses a module that is cut, at each byte", () => {
    const taken = Array.from(RICH.keys()).filter((length) => take(RICH.slice(0, length)) !== undefined);
    // After the header, and wherever a section that nothing needs yet ends.
    expect(taken.length).toBeLessThan(5);
  });

  it("takes or refuses a module in which any one byte is another", () => {
    let taken = 0;
    for (let at = 8; at < RICH.length; at++) {
      for (const value of [0, 0x0b, 0x7f, 0x80, (RICH[at] as number) ^ 1]) {
        const bytes = RICH.slice();
        bytes[at] = value;
        const program = take(bytes);
        if (program === undefined) continue;
        taken++;
        exercise(program);
      }
    }
    expect(taken).toBeGreaterThan(100);
  });

  it.each(Object.entries(MODULES))("takes or refuses %s with any bytes changed", (_, original) => {
    const change = fc.tuple(fc.nat(original.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
        const bytes = original.slice();
        for (const [at, value] of changes) bytes[at] = value;
        const program = take(bytes);
        if (program !== undefined && original === RICH) exercise(program);
      }),
      { numRuns: 100 },
    );
  });

  it("keeps continuations of large functions, and takes them from where they are kept", () => {
    const loop = "loop local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end";
    const bytes = assembleModule({
      functions: [
        { name: "small", type: "i32 ->", code: loop },
        { name: "large", type: "i32 ->", code: `${loop} ${"local.get 0 drop ".repeat(1400)}` },
      ],
    });
    const kept = new Map<string, Uint8Array>();
    const keys: string[] = [];
    const store: ByteStore = {
      get: (key) => kept.get(key),
      put(key, made) {
        keys.push(key);
        kept.set(key, made);
      },
    };
    const run = (program: Program): number => {
      const machine = makeMachine({ program, imports: () => undefined, memoryPagesMax: 1 });
      for (const func of [0, 1]) {
        machine.start(func, [10]);
        while (machine.run(20, { brief: true }).kind === "slice");
      }
      return machine.gasUsed;
    };
    const gasUsed = run(makeProgram({ bytes, continuations: store }));
    expect(keys).toEqual(["1-0-results", "1-1-results"]);
    expect(run(makeProgram({ bytes, continuations: store }))).toBe(gasUsed);
    expect(keys.length).toBe(2);
    // What is kept is what runs.
    kept.set("1-1-results", Uint8Array.of(1));
    expect(() => run(makeProgram({ bytes, continuations: store }))).toThrow(WasmError);
  });

  it("does not believe rewritten bytes that are not a rewritten module", () => {
    const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
    expect(() => makeProgram({ bytes: RICH, rewritten: empty })).toThrow("empty the cache");
    expect(() => makeProgram({ bytes: RICH, rewritten: empty.subarray(0, 5) })).toThrow(WasmError);
  });
});
