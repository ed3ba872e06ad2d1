import { describe, expect, it } from "vitest";
import type { FunctionText, ModuleText } from "../../test/support/assemble.ts";
import {
  call,
  exportIndex,
  finish,
  machineOf,
  programOf,
  type RunInit,
  type RunPlan,
  summary,
  WHOLE,
} from "../../test/support/machine-run.ts";
import type { Value } from "../image/index.ts";
import { Exit, Suspend } from "./host.ts";
import { EPOCH_GAS, type Machine, NATIVE_STACK_SLOTS, type Stop } from "./machine.ts";
import { BRIEF_FRAMES_MAX } from "./machine-limits.ts";
import type { Program } from "./program.ts";

const PLANS: readonly RunPlan[] = [
  { slice: WHOLE, thaws: false },
  ...[0, 1, 5, 100].flatMap((slice) => [
    { slice, thaws: false },
    { slice, thaws: true },
  ]),
];

/** Runs the export "f" whole and in slices, frozen or not, demands that all end the same, and gives that end. */
function run(text: ModuleText, args: readonly Value[] = [], init: RunInit = {}): { stop: Stop; gasUsed: number } {
  const program = programOf(text);
  const [whole, ...others] = PLANS.map((plan) => ({ plan, end: summary(call(program, "f", args, init, plan)) }));
  for (const other of others) expect(other).toEqual({ ...other, end: whole?.end });
  return whole?.end as { stop: Stop; gasUsed: number };
}

const fn = (code: string, more: Partial<FunctionText> = {}): FunctionText => ({ name: "f", code, ...more });
const TABLE = { tables: [{ element: 0x70, limits: { min: 3, max: 10 } }] };

describe("traps", () => {
  // Before each trap a loop, so that there is a safepoint; 5 gas of straight code around the call are charged first.
  it.each<[code: string, text: string, gas: number, module?: Partial<ModuleText>]>([
    ["unreachable", "loop end unreachable", 1],
    ["divide-by-zero", "loop end i32.const 1 i32.const 0 i32.div_s drop", 4],
    ["divide-by-zero", "loop end i64.const 1 i64.const 0 i64.rem_u drop", 4],
    ["integer-overflow", "loop end i32.const 0x80000000 i32.const -1 i32.div_s drop", 4],
    ["integer-overflow", "loop end f64.const NaN i32.trunc_f64_s drop", 3],
    ["integer-overflow", "loop end f32.const 1e30 i64.trunc_f32_u drop", 3],
    ["memory-out-of-bounds", "loop end i32.const 65536 i32.load8_u drop", EPOCH_GAS, { memory: [1] }],
    ["memory-out-of-bounds", "loop end i32.const 65533 i32.const 0 i32.store", EPOCH_GAS, { memory: [1] }],
    [
      "memory-out-of-bounds",
      "loop end i32.const 1 i32.const 0 i32.const 65536 memory.fill",
      EPOCH_GAS,
      { memory: [1] },
    ],
    ["table-out-of-bounds", "loop end i32.const 3 table.get 0 drop", EPOCH_GAS, { more: TABLE }],
    ["table-out-of-bounds", "loop end i32.const 3 call_indirect [->] 0", EPOCH_GAS, { more: TABLE }],
    ["bad-indirect-call", "loop end i32.const 2 call_indirect [->] 0", 2, { more: TABLE }],
    ["uncaught-exception", "loop end throw 0", 1, { tags: [""] }],
    ["null-reference", "loop end ref.null exnref throw_ref", 2],
  ])("%s: %s", (code, text, gas, more = {}) => {
    const end = run({ functions: [fn(text)], ...more });
    expect(end.stop).toEqual({ kind: "trap", code });
    expect(end.gasUsed).toBe(gas);
  });

  it("of accesses end the epoch that they are in", () => {
    const text: ModuleText = {
      memory: [1],
      functions: [
        fn("loop local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end i32.const -1 i32.load drop", {
          type: "i32 ->",
        }),
      ],
    };
    const program = programOf(text);
    const rounds = Math.floor((2.5 * EPOCH_GAS) / 5);
    for (const slice of [WHOLE, 1_000_003]) {
      const { stop, gasUsed } = call(program, "f", [rounds], {}, { slice, thaws: false });
      expect(stop).toMatchObject({ kind: "trap", code: "memory-out-of-bounds" });
      expect(gasUsed).toBe(3 * EPOCH_GAS);
    }
  });

  it("of a call of the wrong type count what was charged before", () => {
    const more = {
      ...TABLE,
      elements: [{ mode: "active" as const, table: 0, type: 0x70, offset: [0x41, 0, 0x0b], items: [1] }],
    };
    const end = run({ functions: [fn("i32.const 0 call_indirect [->] 0"), { type: "i32 ->", code: "" }], more });
    expect(end).toMatchObject({ stop: { kind: "trap", code: "bad-indirect-call" }, gasUsed: 2 });
  });

  it("leave a machine that can be called again", () => {
    const program = programOf({ functions: [fn("unreachable"), { name: "g", type: "-> i32", code: "i32.const 4" }] });
    const machine = call(program, "f", []).machine;
    machine.start(exportIndex(program, "g"), []);
    expect(machine.run(100)).toEqual({ kind: "done", results: [4] });
    expect(machine.gasUsed).toBe(2);
  });
});

const DEEP = fn(
  "local.get 0 i32.eqz if i32 i32.const 7 else local.get 0 i32.const 1 i32.sub call 0 i32.const 1 i32.add end",
  {
    type: "i32 -> i32",
  },
);
/** 8, a parameter, three operands at most. */
const DEEP_SLOTS = 8 + 1 + 2;
/** Up to the call. */
const GAS_PER_FRAME = 9;

describe("a brief run", () => {
  const text: ModuleText = { functions: [DEEP] };
  const start = (program: Program): Machine => {
    const machine = machineOf(program);
    machine.start(exportIndex(program, "f"), [10]);
    return machine;
  };

  it("is over where the host has made a part of what a frame needs, and uses no gas for it", () => {
    const machine = start(programOf(text));
    // First a plan of the function, then the continuation of its entry, each in two parts.
    for (let n = 0; n < 4; n++) expect(machine.run(WHOLE, { brief: true })).toEqual({ kind: "slice" });
    expect(machine.gasUsed).toBe(0);
    expect(machine.run(WHOLE, { brief: true }).kind).toBe("done");
  });

  it("goes on at once where all is there", () => {
    const program = programOf(text);
    finish(program, start(program), {}, { slice: 20, thaws: false });
    const machine = start(program);
    expect(finish(program, machine, {}, { slice: WHOLE, thaws: false, brief: true }).stops).toBe(0);
  });

  it.each([
    [BRIEF_FRAMES_MAX, 0],
    [BRIEF_FRAMES_MAX + 1, 1],
  ])("that resumes %i frames stops %i times", (frames, stops) => {
    const program = programOf(text);
    finish(program, start(program), {}, { slice: 20, thaws: false });
    const machine = machineOf(program);
    machine.start(exportIndex(program, "f"), [frames - 1]);
    // The last one's entry finds no gas, so all of them are saved.
    machine.run(GAS_PER_FRAME * (frames - 1) - 1);
    expect(machine.freeze().frames).toHaveLength(frames);
    const end = finish(program, machine, {}, { slice: WHOLE, thaws: false, brief: true });
    expect(end).toMatchObject({ stop: { kind: "done", results: [7 + frames - 1] }, stops });
  });

  it("is over where a segment of the engine's stack was saved, and ends as any other", () => {
    const program = programOf(text);
    const segment = Math.floor(NATIVE_STACK_SLOTS / DEEP_SLOTS);
    const depth = Math.ceil(2.5 * segment);
    const whole = call(program, "f", [depth]);
    expect(whole.stops).toBe(0);
    const machine = machineOf(program);
    machine.start(exportIndex(program, "f"), [depth]);
    for (const segments of [1, 2]) {
      expect(machine.run(WHOLE, { brief: true })).toEqual({ kind: "slice" });
      expect(machine.freeze().frames.length).toBeGreaterThanOrEqual(segments * segment);
    }
    const end = finish(program, machine, {}, { slice: WHOLE, thaws: false, brief: true });
    expect(end.stops).toBeGreaterThanOrEqual(Math.floor((2 * segment) / BRIEF_FRAMES_MAX));
    expect(summary(end)).toEqual(summary(whole));
  });

  it.each([0, 1, 5, 100])("ends as any other, in slices of %i", (slice) => {
    const whole = summary(call(programOf(text), "f", [30]));
    for (const thaws of [false, true]) {
      expect(summary(call(programOf(text), "f", [30], {}, { slice, thaws, brief: true }))).toEqual(whole);
    }
  });
});

describe("the stack", () => {
  it("overflows at the same depth and gas, whatever the slices and the engine's stack", () => {
    const text = { functions: [DEEP] };
    for (const frames of [1, 2, 50]) {
      const init = { stackSlotsMax: frames * DEEP_SLOTS };
      expect(run(text, [frames - 1], init).stop).toEqual({ kind: "done", results: [7 + frames - 1] });
      const over = run(text, [frames], init);
      expect(over.stop).toEqual({ kind: "trap", code: "stack-overflow" });
      // Each frame is charged for its entry and its arm; that which overflows is not.
      expect(over.gasUsed).toBe(frames * (3 + 6));
    }
  });

  it("overflows far below what the engine could hold, and far above: both at the exact frame", () => {
    const program = programOf({ functions: [DEEP] });
    const frames = 100_000;
    const init = { stackSlotsMax: frames * DEEP_SLOTS };
    const fits = call(program, "f", [frames - 1], init);
    expect(fits.stop).toEqual({ kind: "done", results: [7 + frames - 1] });
    const over = call(program, "f", [frames], init);
    expect(over.stop).toMatchObject({ kind: "trap", code: "stack-overflow" });
    expect(over.gasUsed).toBe(frames * 9);
    const sliced = call(program, "f", [frames], init, { slice: 99_991, thaws: false });
    expect([sliced.stop.kind, sliced.gasUsed]).toEqual(["trap", over.gasUsed]);
  });

  it("of a hundred thousand frames is frozen and thawed", () => {
    const program = programOf({ functions: [DEEP] });
    const init = { stackSlotsMax: 2 ** 24 };
    const whole = call(program, "f", [100_000], init);
    const stepped = call(program, "f", [100_000], init, { slice: 300_000, thaws: true });
    expect(stepped.stops).toBeGreaterThan(1);
    expect(summary(stepped)).toEqual(summary(whole));
  });

  it("is given back by tail calls", () => {
    const text = {
      functions: [
        fn("local.get 0 i32.eqz if i32 i32.const 9 else local.get 0 i32.const 1 i32.sub return_call 0 end", {
          type: "i32 -> i32",
        }),
      ],
    };
    expect(run(text, [200], { stackSlotsMax: DEEP_SLOTS }).stop).toEqual({ kind: "done", results: [9] });
  });
});

describe("memory.grow", () => {
  const text: ModuleText = {
    memory: [1, 50],
    functions: [
      fn("local.get 0 memory.grow memory.size i32.const 1000 i32.mul i32.add", { type: "i32 -> i32" }),
      { name: "g", type: "i32 -> i32", code: "local.get 0 call 0 loop end" },
    ],
  };
  const program = programOf(text);

  it("charges for pages, and fails for free beyond the declared maximum", () => {
    expect(run(text, [2])).toMatchObject({ stop: { kind: "done", results: [3001] }, gasUsed: 6 + 2 * 1024 });
    expect(run(text, [50])).toMatchObject({ stop: { kind: "done", results: [999] }, gasUsed: 6 });
    expect(run(text, [-1])).toMatchObject({ stop: { kind: "done", results: [999] }, gasUsed: 6 });
    expect(run(text, [0])).toMatchObject({ stop: { kind: "done", results: [1001] }, gasUsed: 6 });
  });

  it("beyond the meter stops, goes on when there is more, or is refused; also in another machine", () => {
    for (const thaws of [false, true]) {
      for (const refused of [false, true]) {
        const init = { memoryPagesMax: 2 };
        const first = call(program, "g", [4], init);
        expect(first.stop).toEqual({ kind: "memory", pagesWanted: 5 });
        const machine = thaws
          ? machineOf(program, init, structuredClone(first.machine.freeze({ copy: true })))
          : first.machine;
        expect(machine.run(WHOLE)).toEqual({ kind: "memory", pagesWanted: 5 });
        if (refused) machine.refuseGrow();
        else machine.memoryPagesMax = 5;
        const end = finish(program, machine, init, { slice: WHOLE, thaws: false });
        expect(end.stop).toEqual({ kind: "done", results: [refused ? 999 : 5001] });
        expect(end.gasUsed).toBe(2 + 6 + (refused ? 0 : 4 * 1024));
      }
    }
  });

  it("can be refused only where it waits", () => {
    expect(() => machineOf(program).refuseGrow()).toThrow(RangeError);
  });
});

describe("host functions", () => {
  const nested: ModuleText = {
    imports: { "env.ask": "i32 -> i32" },
    functions: [
      fn("local.get 0 call 2 i32.const 100 i32.add", { type: "i32 -> i32" }),
      { type: "i32 -> i32", code: "local.get 0 i32.const 1 i32.add call 3 i32.const 10 i32.mul" },
      { type: "i32 -> i32", code: "local.get 0 call 0 local.get 0 i32.add" },
    ],
  };
  const program = programOf(nested);

  it("suspend the guest deep in a stack, and are called again, in the same machine or another", () => {
    const plain = call(program, "f", [1], { imports: { "env.ask": () => 5 } });
    for (const thaws of [false, true]) {
      const seen: unknown[] = [];
      const ask = (context: { suspended: unknown }, arg: unknown) => {
        seen.push([arg, context.suspended]);
        return context.suspended === undefined || seen.length < 3
          ? new Suspend(Promise.resolve(), { asked: seen.length })
          : 5;
      };
      const init = { imports: { "env.ask": ask as never } };
      let { stop, machine } = call(program, "f", [1], init);
      for (let i = 0; i < 2; i++) {
        expect(stop.kind).toBe("parked");
        expect(machine.freeze().frames.length).toBe(3);
        if (thaws) machine = machineOf(program, init, structuredClone(machine.freeze({ copy: true })));
        stop = machine.run(WHOLE);
      }
      expect(stop).toEqual({ kind: "done", results: [170] });
      expect(seen).toEqual([
        [2, undefined],
        [2, { asked: 1 }],
        [2, { asked: 2 }],
      ]);
      expect(machine.gasUsed).toBe(plain.gasUsed);
    }
  });

  it("end the program from any depth", () => {
    const end = call(program, "f", [1], { imports: { "env.ask": () => new Exit(3) } });
    expect(end.stop).toEqual({ kind: "exit", code: 3 });
    expect(end.machine.idle).toBe(true);
    expect(end.gasUsed).toBe(4 + 6 + 4);
  });

  it("charge for their work at once, also more than a slice holds", () => {
    const charge = (gas: number) => ({
      imports: {
        "env.ask": (context: { charge(gas: number): void }) => {
          context.charge(gas);
          return 5;
        },
      },
    });
    const free = call(program, "f", [1], charge(0) as RunInit).gasUsed;
    for (const gas of [1, 1000, 2 ** 31, 2 ** 40]) {
      expect(run(nested, [1], charge(gas) as RunInit)).toMatchObject({
        stop: { kind: "done", results: [170] },
        gasUsed: free + gas,
      });
    }
  });

  it("that throw are the host's fault", () => {
    const broken = {
      imports: {
        "env.ask": () => {
          throw new Error("a bug");
        },
      },
    };
    expect(() => call(program, "f", [1], broken)).toThrow("a bug");
  });

  it("give NaNs that become canonical", () => {
    const text: ModuleText = {
      imports: { "env.nan": "-> f64" },
      functions: [fn("call 0 i64.reinterpret_f64", { type: "-> i64" })],
    };
    expect(run(text, [], { imports: { "env.nan": () => Number.NaN } }).stop).toEqual({
      kind: "done",
      results: [0x7ff8_0000_0000_0000n],
    });
  });
});

describe("exceptions", () => {
  it("are caught by frames that were frozen while the callee ran", () => {
    const text: ModuleText = {
      tags: ["i32 f64"],
      functions: [
        fn(
          "local.get 0 local.set 1 block [-> i32 f64] try_table catch:0:0 local.get 0 call 1 end i32.const 0 f64.const 0 end drop local.get 1 i32.add",
          {
            type: "i32 -> i32",
            locals: "i32",
          },
        ),
        { type: "i32 ->", code: "local.get 0 call 2 unreachable" },
        {
          type: "i32 ->",
          code: "loop local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end i32.const 40 f64.const 2 throw 0",
        },
      ],
    };
    expect(run(text, [5])).toMatchObject({ stop: { kind: "done", results: [45] } });
  });

  it("pass frames without handlers, run the nearest handler, and are thrown on by throw_ref", () => {
    const text: ModuleText = {
      tags: ["i32"],
      functions: [
        fn("block i32 try_table catch:0:0 call 1 end i32.const 1 end", { type: "-> i32" }),
        { code: "block exnref try_table catch_all_ref:0 call 2 end return end throw_ref" },
        { code: "call 3 loop end" },
        { code: "loop end i32.const 77 throw 0" },
      ],
    };
    expect(run(text)).toMatchObject({ stop: { kind: "done", results: [77] } });
  });

  it("that nobody catches trap", () => {
    const text: ModuleText = {
      tags: ["", "i32"],
      functions: [fn("block try_table catch:0:0 call 1 end end"), { code: "loop end i32.const 1 throw 1" }],
    };
    expect(run(text).stop).toEqual({ kind: "trap", code: "uncaught-exception" });
  });
});

const NAN_32 = 0xffa0_0123;
const NAN_64 = 0xfff4_0000_0000_0042n;
const BYTES = Uint8Array.from({ length: 16 }, (_, i) => 255 - i);

describe("values", () => {
  it("of every type cross freezes, as results, operands, locals and in globals", () => {
    const types = "i32 i64 f32 f64 v128 funcref externref";
    const all = [0, 1, 2, 3, 4, 5, 6];
    const gets = all.map((i) => `local.get ${i}`).join(" ");
    const text: ModuleText = {
      globals: [
        "mut i64 i64.const 1",
        "mut f32 f32.const 1",
        "mut f64 f64.const 1",
        `mut v128 v128.const ${"00".repeat(16)}`,
        "mut funcref ref.null funcref",
      ],
      functions: [
        fn(
          `local.get 1 global.set 0 local.get 2 global.set 1 local.get 3 global.set 2 local.get 4 global.set 3 local.get 5 global.set 4
           ${gets} call 1 drop drop drop global.get 3 global.get 4 local.get 6`,
          { type: `${types} -> ${types}` },
        ),
        { type: `${types} -> ${types}`, code: `${gets} loop end local.get 1 drop` },
      ],
    };
    const args: Value[] = [-5, -6n, NAN_32, NAN_64, BYTES, 1, null];
    const end = run(text, args);
    expect(end.stop).toEqual({ kind: "done", results: [-5, -6n, NAN_32, NAN_64, BYTES, null, null].with(5, 1) });
  });

  it("in tables, and dropped segments, cross freezes", () => {
    const text: ModuleText = {
      memory: [1],
      functions: [
        fn(
          `i32.const 0 ref.func 1 table.set 0 i32.const 1 i32.const 0 i32.const 1 table.init 0 0 elem.drop 0
           ref.null funcref i32.const 2 table.grow 0 drop
           i32.const 0 i32.const 0 i32.const 2 memory.init 0 data.drop 0
           loop end
           i32.const 0 call_indirect [-> i32] 0 i32.const 1 call_indirect [-> i32] 0 i32.add table.size 0 i32.add i32.const 0 i32.load16_u i32.add
           i32.const 0 i32.const 0 i32.const 1 local.get 0 if [i32 i32 i32 ->] memory.init 0 else table.init 0 0 end`,
          { type: "i32 -> i32" },
        ),
        { type: "-> i32", code: "loop end i32.const 1000" },
        { type: "-> i32", code: "i32.const 5000" },
      ],
      more: {
        ...TABLE,
        elements: [
          { mode: "passive", table: 0, type: 0x70, items: [2] },
          { mode: "declarative", table: 0, type: 0x70, items: [1] },
        ],
        dataCount: 1,
        data: [{ mode: "passive", bytes: [3, 1] }],
      },
    };
    expect(run(text, [1]).stop).toEqual({ kind: "trap", code: "memory-out-of-bounds" });
    expect(run(text, [0]).stop).toEqual({ kind: "trap", code: "table-out-of-bounds" });
    const functions = [{ ...(text.functions[0] as FunctionText) }, ...text.functions.slice(1)];
    functions[0] = {
      ...(functions[0] as FunctionText),
      code: (text.functions[0] as FunctionText).code.replace(
        /i32.const 0 i32.const 0 i32.const 1 local.get 0 if.*$/s,
        "",
      ),
    };
    expect(run({ ...text, functions }, [0]).stop).toEqual({ kind: "done", results: [6000 + 5 + 259] });
  });

  it("of the wrong type or number are refused as arguments", () => {
    const program = programOf({ functions: [fn("", { type: "i32 f32 ->" })] });
    const machine = machineOf(program);
    for (const args of [[], [1], [1, 2, 3], [1n, 1], [2 ** 31, 1], [1, -1], [null, 1], [1, 0.5]] as Value[][]) {
      expect(() => machine.start(0, args)).toThrow(RangeError);
    }
    expect(() => machine.start(7, [])).toThrow(RangeError);
    expect(machine.idle).toBe(true);
    machine.start(0, [1, 2]);
    expect(() => machine.start(0, [1, 2])).toThrow("under way");
    for (const gas of [-2, 0.5, 2 ** 30 + 1, Number.NaN]) expect(() => machine.run(gas)).toThrow(RangeError);
  });
});
