import { describe, expect, it } from "vitest";
import { interpret } from "../../test/oracle/index.ts";
import { assembleModule, type ModuleText } from "../../test/support/assemble.ts";
import { BareGuest, makeTestKernel, PAGE } from "../../test/support/bare-guest.ts";
import { call, exportIndex, finish, machineOf, programOf, WHOLE } from "../../test/support/machine-run.ts";
import { decodeImage, encodeImage } from "../image/index.ts";
import { decodeModule } from "../wasm/index.ts";
import { KernelError, limits, ServiceError } from "./index.ts";
import { TABLE_ELEMENTS_PER_PAGE } from "./machine-limits.ts";

const FUNCREF = 0x70;
const table = (min: number) => ({ element: FUNCREF, limits: { min, max: undefined } });

/** Its tables begin with so many elements; "f" makes the second one larger, "g" does it within another call. */
function growing(...elements: readonly number[]): ModuleText {
  return {
    memory: [1],
    functions: [
      { name: "f", type: "i32 -> i32", code: "ref.func 0 local.get 0 table.grow 1 table.size 1 i32.add" },
      { name: "g", type: "i32 -> i32", code: "local.get 0 call 0 loop end" },
    ],
    more: { tables: elements.map(table), elements: [{ mode: "declarative", table: 0, type: FUNCREF, items: [0] }] },
  };
}

describe("table.grow", () => {
  const step = TABLE_ELEMENTS_PER_PAGE;
  const program = programOf(growing(1, step - 2));

  it("takes a page for so many elements of all tables together, and not one sooner", () => {
    expect(call(program, "f", [0], { memoryPagesMax: 1 }).stop).toMatchObject({ kind: "done" });
    const more = call(program, "f", [1], { memoryPagesMax: 1 });
    expect(more.stop).toEqual({ kind: "memory", pagesWanted: 2 });
    expect(more.machine.memoryPages).toBe(1);
    const enough = call(program, "f", [1], { memoryPagesMax: 2 });
    expect(enough.stop).toEqual({ kind: "done", results: [step - 2 + step - 1] });
    expect(enough.machine.memoryPages).toBe(2);
  });

  it("beyond the meter stops, goes on when there is more, or is refused; also in another machine", () => {
    for (const thaws of [false, true]) {
      for (const refused of [false, true]) {
        const init = { memoryPagesMax: 2 };
        const first = call(program, "g", [3 * step], init);
        expect(first.stop).toEqual({ kind: "memory", pagesWanted: 4 });
        const state = structuredClone(first.machine.freeze({ copy: true }));
        const machine = thaws ? machineOf(program, init, state) : first.machine;
        expect(machine.run(WHOLE)).toEqual({ kind: "memory", pagesWanted: 4 });
        if (refused) machine.refuseGrow();
        else machine.memoryPagesMax = 4;
        const end = finish(program, machine, init, { slice: WHOLE, thaws: false });
        const old = step - 2;
        expect(end.stop).toEqual({ kind: "done", results: [refused ? old - 1 : old + old + 3 * step] });
        expect(end.gasUsed).toBe(2 + 5 + (refused ? 0 : 3 * step));
        const grown = end.machine.freeze().tables[1] ?? [];
        expect(grown.slice(old)).toEqual(Array(refused ? 0 : 3 * step).fill(0));
      }
    }
  });

  it("stops and goes on as the interpreter does", () => {
    const oracle = interpret(decodeModule(assembleModule(growing(1, step - 2))), { memoryPagesMax: 1 });
    const machine = machineOf(program, { memoryPagesMax: 1 });
    machine.start(exportIndex(program, "f"), [1]);
    oracle.begin();
    expect(oracle.call(exportIndex(program, "f"), [1])).toMatchObject(machine.run(WHOLE));
    oracle.thread.memoryPagesMax = 2;
    machine.memoryPagesMax = 2;
    const end = machine.run(WHOLE);
    expect(oracle.resume(Number.POSITIVE_INFINITY)).toMatchObject({ kind: end.kind, gasUsed: machine.gasUsed });
  });
});

describe("tables that a module begins with", () => {
  const tables = (...elements: readonly number[]): Uint8Array => assembleModule(growing(...elements));

  it("are refused before they are made, where the process has not the memory", () => {
    const kernel = makeTestKernel();
    const program = kernel.load(tables(...Array(14).fill(10_000_000)));
    const spawn = (): unknown => kernel.spawn({ program, gas: 1000, memoryBytes: PAGE });
    expect(spawn).toThrow(KernelError);
    expect(spawn).toThrow("the program starts with 68360 pages of 64 KiB, the process has 1");
  });

  it("count as memory of the meter, to the last element", () => {
    const kernel = makeTestKernel();
    const spawn = (elements: number, pages: number) =>
      kernel.spawn({ program: kernel.load(tables(1, elements - 1)), gas: 1000, memoryBytes: pages * PAGE });
    expect(spawn(2 * TABLE_ELEMENTS_PER_PAGE - 1, 2).meter.pagesUsed).toBe(2);
    expect(spawn(2 * TABLE_ELEMENTS_PER_PAGE, 3).meter.pagesUsed).toBe(3);
    expect(() => spawn(2 * TABLE_ELEMENTS_PER_PAGE, 2)).toThrow(KernelError);
  });

  it("cost a guest that spawns such a process gas and memory; frozen and thawed they count the same", () => {
    const kernel = makeTestKernel();
    const elements = 4 * TABLE_ELEMENTS_PER_PAGE;
    const guest = BareGuest.spawn(kernel);
    const module = tables(elements, 1);
    guest.process.memory().set(module, 0);
    const source = guest.do("load", 0, module.length);
    expect(guest.spawnChild({ source, pages: 4 })).toBe(ServiceError.budget);
    const before = guest.process.meter.gasUsed;
    const child = guest.spawnChild({ source, pages: 5 });
    expect(guest.process.meter.gasUsed - before).toBeGreaterThan(limits.GAS_PER_SPAWN + elements);
    expect(guest.process.children[0]?.meter.pagesUsed).toBe(5);
    const { pagesHeld } = guest.process.meter;
    const image = guest.do("freeze", child);
    expect(guest.process.meter.pagesHeld - pagesHeld).toBe(5);
    expect(guest.spawnChild({ source: image, pages: 5 })).toBeGreaterThan(0);
    const thawed = kernel.thaw(decodeImage(encodeImage(guest.process.freeze())));
    expect(thawed.children[0]?.meter).toEqual(guest.process.children[0]?.meter);
  });

  it("are not made for an image that claims fewer", () => {
    const kernel = makeTestKernel();
    const process = kernel.spawn({ program: kernel.load(tables(9, 9)), gas: 1000, memoryBytes: PAGE });
    const state = process.freeze();
    const large = { cid: "", bytes: tables(...Array(14).fill(10_000_000)) };
    expect(() => kernel.thaw({ ...state, modules: [large] })).toThrow("the program starts with 68360 pages");
  });
});
