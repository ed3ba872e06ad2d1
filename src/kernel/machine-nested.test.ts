import { describe, expect, it } from "vitest";
import { exportIndex, machineOf, programOf, type RunInit, WHOLE } from "../../test/support/machine-run.ts";
import { type MachineState, NESTED_CALLS_MAX } from "../image/index.ts";
import { Exit, type HostContext, type HostFunction, Suspend } from "./host.ts";
import type { Machine, Stop } from "./machine.ts";
import { HostFault, StateError } from "./machine-errors.ts";
import { NATIVE_HOST_SLOTS, NATIVE_STACK_SLOTS } from "./machine-limits.ts";

/**
 * f(n): works a little, asks the host for f(n - 1), and works on what it got and what it finds in memory. `deep` asks from below
 * some frames, `tail` by a tail call, `trap` traps at 0, `spin` never ends.
 */
const program = programOf({
  imports: { "env.ask": "i32 -> i32", "env.strict": "i32 -> i32" },
  memory: [1, 8],
  functions: [
    {
      name: "f",
      type: "i32 -> i32",
      locals: "i32 i32",
      code: `i32.const 3 local.set 1
        loop local.get 1 i32.const 1 i32.sub local.tee 1 i32.const 0 local.get 0 i32.store8 br_if 0 end
        local.get 0 i32.eqz if i32.const 5 return end
        local.get 0 i32.const 31 i32.mul
        local.get 0 call 0 i32.add
        i32.const 4 i32.const 4 i32.load i32.const 1 i32.add i32.store
        i32.const 4 i32.load i32.add`,
    },
    {
      name: "deep",
      type: "i32 i32 -> i32",
      code: `local.get 1 i32.eqz if local.get 0 call 2 return end
        local.get 0 local.get 1 i32.const 1 i32.sub call 3 i32.const 1 i32.add`,
    },
    { name: "tail", type: "i32 -> i32", code: "local.get 0 return_call 0" },
    { name: "trap", code: "unreachable" },
    { name: "spin", code: "loop br 0 end" },
    { name: "strict", type: "i32 -> i32", code: "local.get 0 call 1" },
    { name: "grow", type: "i32 -> i32", code: "local.get 0 memory.grow" },
    { name: "out", code: "i32.const -1 i32.load drop" },
  ],
});

interface Plan {
  readonly slice: number;
  /** What the host does with a nested call at the end of a slice: goes on with it there and then, or waits for it. */
  readonly waits: boolean;
  /** Freeze and thaw at each so-many-th stop; 0 for never. */
  readonly thawsEvery: number;
}

/** A machine whose host calls its `f` back, with what the host has heard of calls that were nested. */
class Nest {
  machine: Machine;
  readonly #plan: Plan;
  readonly #results: number[] = [];
  readonly #init: RunInit;
  stops = 0;

  constructor(plan: Plan, nested = "f") {
    this.#plan = plan;
    this.#init = {
      imports: { "env.ask": (context, n) => this.#ask(context, n as number, nested), "env.strict": () => 1 },
    };
    this.machine = machineOf(program, this.#init);
  }

  #ask(context: HostContext, n: number, nested: string): number | Suspend {
    if (context.suspended !== undefined) return this.#results.pop() as number;
    context.open();
    this.machine.start(exportIndex(program, nested), [n - 1]);
    for (;;) {
      const stop = this.machine.run(this.#plan.slice);
      if (stop.kind === "done") return stop.results[0] as number;
      if (stop.kind !== "slice") throw new Error(stop.kind);
      if (this.#plan.waits) return new Suspend(new Promise(() => {}), n);
    }
  }

  call(name: string, args: readonly number[]): { results: unknown; gasUsed: number; state: MachineState } {
    this.machine.start(exportIndex(program, name), args);
    for (;;) {
      const isNested = this.machine.nestedCalls > 0;
      const stop: Stop = this.machine.run(this.#plan.slice);
      if (stop.kind === "done" && !isNested) {
        return { results: stop.results, gasUsed: this.machine.gasUsed, state: this.machine.freeze({ copy: true }) };
      }
      if (stop.kind === "done") this.#results.push(stop.results[0] as number);
      else if (stop.kind !== "slice") throw new Error(`unexpected ${stop.kind}`);
      this.stops++;
      if (this.stops % this.#plan.thawsEvery === 0)
        this.machine = machineOf(program, this.#init, structuredClone(this.machine.freeze({ copy: true })));
    }
  }
}

const UNINTERRUPTED: Plan = { slice: WHOLE, waits: false, thawsEvery: 0 };

describe("calls from within an open host call", () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])("come to the same at depth %i, wherever they are interrupted", (depth) => {
    let stops = 0;
    for (const [name, args, slices] of [
      ["f", [depth], depth <= 2 ? [1, 2, 3, 7] : [1, 7]],
      ["deep", [depth, 5], [2]],
      ["tail", [depth], [3]],
    ] as const) {
      const expected = new Nest(UNINTERRUPTED).call(name, args);
      expect(expected.state.nested).toBeUndefined();
      for (const slice of slices) {
        for (const waits of [false, true]) {
          const nest = new Nest({ slice, waits, thawsEvery: depth <= 3 ? 1 : 5 });
          expect(nest.call(name, args), `${name} slice ${slice}, waits ${waits}`).toEqual(expected);
          stops += nest.stops;
        }
      }
    }
    expect(stops).toBeGreaterThan(depth * 10);
  });

  it("count gas exactly while they run, whatever the slices", () => {
    const seen = (slice: number): number[] => {
      const counts: number[] = [];
      const init: RunInit = {
        imports: {
          "env.ask": (context, n) => {
            counts.push(context.gasUsed);
            context.charge(10);
            context.open();
            machine.start(exportIndex(program, "f"), [Number(n) - 1]);
            let stop = machine.run(slice);
            while (stop.kind === "slice") stop = machine.run(slice);
            counts.push(context.gasUsed);
            return stop.kind === "done" ? (stop.results[0] as number) : -1;
          },
          "env.strict": () => 0,
        },
      };
      const machine = machineOf(program, init);
      machine.start(exportIndex(program, "f"), [6]);
      while (machine.run(slice).kind === "slice");
      return [...counts, machine.gasUsed];
    };
    const expected = seen(WHOLE);
    expect(expected).toHaveLength(13);
    for (const slice of [0, 1, 5, 13, 100]) expect(seen(slice)).toEqual(expected);
  });

  it("take what they use from the slice around them", () => {
    const init: RunInit = {
      imports: {
        "env.ask": (context) => {
          context.open();
          machine.start(exportIndex(program, "spin"), []);
          expect(machine.run(500).kind).toBe("slice");
          return 7;
        },
        "env.strict": () => 0,
      },
    };
    const machine = machineOf(program, init);
    machine.start(exportIndex(program, "f"), [1]);
    // The answer is kept, and what was begun goes on first, for ever.
    expect(machine.run(300).kind).toBe("slice");
    expect(machine.gasUsed).toBeGreaterThan(500);
    expect(machine.nestedCalls).toBe(1);
    expect(machine.freeze().pending).toEqual({ kind: "answered", func: 0, values: [7] });
    const before = machine.gasUsed;
    expect(machine.run(100).kind).toBe("slice");
    expect(machine.gasUsed - before).toBeGreaterThan(100);
  });

  it("are refused in a host call that is not open, and without one", () => {
    const errors: unknown[] = [];
    const attempt: HostFunction = () => {
      expect(machine.accepts).toBe(false);
      try {
        machine.start(exportIndex(program, "f"), [0]);
      } catch (error) {
        errors.push(error);
      }
      return 3;
    };
    const machine = machineOf(program, { imports: { "env.ask": () => 0, "env.strict": attempt } });
    machine.start(exportIndex(program, "strict"), [1]);
    expect(machine.run(WHOLE)).toEqual({ kind: "done", results: [3] });
    expect(String(errors[0])).toContain("waits in no open host call");
  });

  it("answer once: an answered host function is not called again", () => {
    let asked = 0;
    const ask: HostFunction = (context) => {
      asked++;
      context.open();
      machine.start(exportIndex(program, "f"), [0]);
      return 40;
    };
    const init = { imports: { "env.ask": ask, "env.strict": () => 0 } };
    let machine = machineOf(program, init);
    machine.start(exportIndex(program, "tail"), [1]);
    // It was begun, and never run in there: it goes first, and its result is nobody's.
    expect(machine.run(WHOLE)).toEqual({ kind: "slice" });
    machine = machineOf(program, init, structuredClone(machine.freeze({ copy: true })));
    expect(machine.run(WHOLE)).toEqual({ kind: "done", results: [5] });
    machine = machineOf(program, init, structuredClone(machine.freeze({ copy: true })));
    expect(machine.run(WHOLE)).toEqual({ kind: "done", results: [40] });
    expect(asked).toBe(1);
  });

  it("end everything when they trap, exit or fault", () => {
    for (const [name, stop] of [
      ["trap", { kind: "trap", code: "unreachable" }],
      ["out", { kind: "trap", code: "memory-out-of-bounds" }],
    ] as const) {
      const inner: Stop[] = [];
      const ask: HostFunction = (context, n) => {
        context.open();
        const last = n === 1;
        machine.start(exportIndex(program, last ? name : "f"), last ? [] : [Number(n) - 1]);
        inner.push(machine.run(WHOLE));
        expect(machine.accepts).toBe(false);
        return 1;
      };
      const machine = machineOf(program, { imports: { "env.ask": ask, "env.strict": () => 0 } });
      machine.start(exportIndex(program, "deep"), [3, 4]);
      expect(machine.run(WHOLE)).toMatchObject(stop);
      expect(inner).toHaveLength(3);
      for (const each of inner) expect(each).toMatchObject(stop);
      expect(machine.idle).toBe(true);
    }
    const leave: HostFunction = (context, n) => {
      if (n === 0) return new Exit(9);
      context.open();
      machine.start(exportIndex(program, "strict"), [0]);
      expect(machine.run(WHOLE)).toEqual({ kind: "exit", code: 9 });
      return 1;
    };
    const machine = machineOf(program, { imports: { "env.ask": leave, "env.strict": () => new Exit(9) } });
    machine.start(exportIndex(program, "f"), [1]);
    expect(machine.run(WHOLE)).toEqual({ kind: "exit", code: 9 });
    const fail: HostFunction = (context) => {
      context.open();
      broken.start(exportIndex(program, "strict"), [0]);
      expect(() => broken.run(WHOLE)).toThrow(HostFault);
      return 1;
    };
    const bug = new Error("a bug");
    const strict: HostFunction = () => {
      throw bug;
    };
    const broken = machineOf(program, { imports: { "env.ask": fail, "env.strict": strict } });
    broken.start(exportIndex(program, "f"), [1]);
    expect(() => broken.run(WHOLE)).toThrow("a bug");
  });

  it("can be abandoned from within", () => {
    const ask: HostFunction = (context) => {
      context.open();
      machine.start(exportIndex(program, "spin"), []);
      machine.run(100);
      machine.abandon();
      return 1;
    };
    const machine = machineOf(program, { imports: { "env.ask": ask, "env.strict": () => 0 } });
    machine.start(exportIndex(program, "deep"), [1, 3]);
    expect(machine.run(WHOLE).kind).toBe("exit");
    expect(machine.idle).toBe(true);
  });

  it("wait for memory where it is not granted, and go on when it is", () => {
    const ask: HostFunction = (context) => {
      context.open();
      machine.start(exportIndex(program, "grow"), [2]);
      expect(machine.run(WHOLE)).toEqual({ kind: "memory", pagesWanted: 3 });
      return 40;
    };
    const init: RunInit = { imports: { "env.ask": ask, "env.strict": () => 0 }, memoryPagesMax: 1 };
    let machine = machineOf(program, init);
    machine.start(exportIndex(program, "tail"), [1]);
    expect(machine.run(WHOLE).kind).toBe("slice");
    expect(machine.run(WHOLE)).toEqual({ kind: "memory", pagesWanted: 3 });
    const state = structuredClone(machine.freeze({ copy: true }));
    machine.refuseGrow();
    expect(machine.run(WHOLE)).toEqual({ kind: "done", results: [-1] });
    expect(machine.run(WHOLE)).toEqual({ kind: "done", results: [40] });
    machine = machineOf(program, { ...init, memoryPagesMax: 3 }, state);
    expect(machine.run(WHOLE)).toEqual({ kind: "done", results: [1] });
    expect(machine.run(WHOLE)).toEqual({ kind: "done", results: [40] });
  });
});

describe("the stack of nested calls", () => {
  it("overflows at the same place, whether its frames are on the engine's stack or data", () => {
    const overflow = (stackSlotsMax: number, plan: Plan): string => {
      const ask: HostFunction = (context, n) => {
        if (context.suspended !== undefined) return 0;
        context.open();
        machine.start(exportIndex(program, "deep"), [Number(n) - 1, 30]);
        if (plan.waits) return new Suspend(new Promise(() => {}), 1);
        return machine.run(WHOLE).kind === "done" ? 0 : -1;
      };
      const machine = machineOf(program, { imports: { "env.ask": ask, "env.strict": () => 0 }, stackSlotsMax });
      machine.start(exportIndex(program, "deep"), [4, 30]);
      for (;;) {
        const wasNested = machine.nestedCalls > 0;
        const stop = machine.run(plan.slice);
        if (stop.kind === "trap") return `${stop.code} ${machine.gasUsed}`;
        if (stop.kind === "done" && !wasNested) return `done ${machine.gasUsed}`;
      }
    };
    const outcomes = new Set<string>();
    for (let slots = 1600; slots <= 2400; slots += 100) {
      const expected = overflow(slots, UNINTERRUPTED);
      outcomes.add(expected.replace(/ .*/, ""));
      expect(overflow(slots, { slice: 5, waits: true, thawsEvery: 0 }), `${slots} slots`).toBe(expected);
    }
    expect([...outcomes].sort()).toEqual(["done", "stack-overflow"]);
  });

  it("holds so many calls and not one more", () => {
    const park: HostFunction = (context) => {
      context.open();
      return new Suspend(new Promise(() => {}));
    };
    const machine = machineOf(program, { imports: { "env.ask": park, "env.strict": () => 0 } });
    for (let calls = 0; calls <= NESTED_CALLS_MAX; calls++) {
      machine.start(exportIndex(program, "f"), [1]);
      expect(machine.run(WHOLE).kind).toBe("parked");
    }
    expect(machine.nestedCalls).toBe(NESTED_CALLS_MAX);
    expect(machine.accepts).toBe(true);
    expect(() => machine.start(exportIndex(program, "f"), [1])).toThrow(`at most ${NESTED_CALLS_MAX} calls`);
  });

  it("says so when the engine's stack is full, and goes on when there is room again", () => {
    // Machines on top of each other, as many as fit: each has one frame there, and its host.
    const open: Machine[] = [];
    const stops: Stop["kind"][] = [];
    const dive = (): number => {
      const machine = machineOf(program, {
        imports: {
          "env.ask": (context) => {
            context.open();
            dive();
            return 1;
          },
          "env.strict": () => 0,
        },
      });
      open.push(machine);
      machine.start(exportIndex(program, "f"), [1]);
      const stop = machine.run(WHOLE);
      stops.push(stop.kind);
      return 0;
    };
    dive();
    expect(open.length).toBeGreaterThan(20);
    expect(open.length).toBeLessThanOrEqual(NATIVE_STACK_SLOTS / NATIVE_HOST_SLOTS + 1);
    expect(stops[0]).toBe("deep");
    expect(stops.slice(1).every((kind) => kind === "done")).toBe(true);
    expect(open.at(-1)?.idle).toBe(false);
  });
});

describe("a saved state of nested calls that does not fit", () => {
  const park: HostFunction = (context) => {
    context.open();
    return new Suspend(new Promise(() => {}), 1);
  };
  const init = { imports: { "env.ask": park, "env.strict": () => 0 } };
  const machine = machineOf(program, init);
  for (const _ of [0, 1]) {
    machine.start(exportIndex(program, "f"), [1]);
    machine.run(WHOLE);
  }
  const good = structuredClone(machine.freeze({ copy: true }));
  const [inner] = good.nested ?? [];
  if (inner === undefined || good.pending.kind !== "call") throw new Error("it is not nested");
  const { open: _, ...closed } = good.pending;

  it("is the exception", () => {
    expect(good.pending).toEqual({ kind: "call", func: 0, args: [1], state: 1, open: true });
    expect(machineOf(program, init, good).nestedCalls).toBe(1);
  });

  it.each<[what: string, state: MachineState, message: string]>([
    ["a strict call below", { ...good, pending: closed }, "does not wait in an open host call"],
    ["results below", { ...good, pending: { kind: "results", values: [1] } }, "does not wait in an open host call"],
    [
      "nothing nested",
      { ...good, nested: [{ frames: [], pending: { kind: "none" } }] },
      "nested call 1: nothing is under",
    ],
    [
      "a wrong frame",
      { ...good, nested: [{ ...inner, frames: [] }, inner] },
      "" /* fits: the import itself was called */,
    ],
    [
      "an answer of other types",
      { ...good, pending: { kind: "answered", func: 0, values: [1n] } },
      "the answer has a value 0 that is not i32",
    ],
    ["an answer of no import", { ...good, pending: { kind: "answered", func: 2, values: [1] } }, "is not an import"],
    [
      "an open memory.grow",
      { ...good, nested: undefined, pending: { kind: "call", func: 10, args: [1], state: null, open: true } } as never,
      "memory.grow is no open host call",
    ],
  ])("with %s", (_, state, message) => {
    const { nested, ...rest } = state;
    const make = () => machineOf(program, init, nested === undefined ? rest : state);
    if (message === "") {
      make();
      return;
    }
    expect(make).toThrow(StateError);
    expect(make).toThrow(message);
  });
});
