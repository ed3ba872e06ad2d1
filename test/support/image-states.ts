/**
 * States of processes for tests of images: one small and fixed, and any at all.
 * @module
 */

import fc from "fast-check";
import {
  type MachineState,
  moduleCid,
  type NestedState,
  type Plain,
  type ProcessState,
  type TreeState,
  type Value,
} from "../../src/image/index.ts";

/** As `fc.record`, but always of ordinary objects. */
function record<T extends object>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record<T>(fields, { noNullPrototype: true }) as fc.Arbitrary<T>;
}

/** The empty module. */
export const MODULE_BYTES: Uint8Array = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);

export function memoryOf(
  pages: number,
  writes: readonly (readonly [number, number])[],
): MachineState["memories"][number] {
  const bytes = new Uint8Array(pages * 65536);
  for (const [at, value] of writes) if (at < bytes.length) bytes[at] = value;
  return { pages, bytes };
}

export function machineOf(parts: Partial<MachineState> = {}): MachineState {
  return {
    memories: [
      memoryOf(1, [
        [5, 7],
        [4096, 1],
        [65535, 255],
      ]),
    ],
    tables: [[null, 3, 4, null]],
    globals: [65536, 7n, null, 0x7fc00000, new Uint8Array(16).fill(9)],
    droppedData: [0, 2],
    droppedElements: [],
    frames: [
      { func: 12, point: 3, values: [-1, 5n, null] },
      { func: 40, point: 0, values: [] },
    ],
    pending: { kind: "call", func: 1, args: [1024, 16], state: { fd: 0, until: 12345678901234567890n } },
    counters: { gasAtCheckpoint: 900 },
    ...parts,
  };
}

export function processOf(parts: Partial<ProcessState> = {}): ProcessState {
  return {
    parent: -1,
    module: 0,
    guest: { kind: "wasi", state: { arguments: ["a", "b"], offset: 3n } },
    machine: machineOf(),
    meter: { gasGranted: 50_000_000, gasUsed: 1234, pagesMax: 1024 },
    status: { state: "parked" },
    clist: [null, { locator: "endowment:console" }, null],
    mailbox: [{ bytes: new Uint8Array([1, 2, 3]), capabilities: [1] }],
    kernel: null,
    ...parts,
  };
}

export function treeOf(parts: Partial<TreeState> = {}): TreeState {
  return {
    rewriter: "1",
    gasSchedule: 1,
    modules: [{ cid: moduleCid(MODULE_BYTES), bytes: MODULE_BYTES }],
    images: [],
    processes: [processOf()],
    kernel: { promises: [] },
    ...parts,
  };
}

/** One process whose machine differs in these parts. */
export function treeWith(parts: Partial<MachineState>): TreeState {
  return treeOf({ processes: [processOf({ machine: machineOf(parts) })] });
}

const text: fc.Arbitrary<string> = fc.string({ unit: "binary", maxLength: 12 }).filter((value) => value.isWellFormed());
const key: fc.Arbitrary<string> = fc.oneof(
  text,
  fc.constantFrom("/", "//", "__proto__", "bytes", "asCID", "length", ""),
);

export const anyPlain: fc.Arbitrary<Plain> = fc.letrec<{ plain: Plain }>((tie) => ({
  plain: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom<Plain>(null, true, false, 0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
    fc.double(),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
    fc.bigInt({ min: -9n, max: 9n }),
    text,
    fc.uint8Array({ maxLength: 40 }),
    fc.constantFrom(4096, 4097, 16384, 16385, 40000).map((length) => new Uint8Array(length).fill(length & 255)),
    fc.array(tie("plain"), { maxLength: 4 }),
    fc.dictionary(key, tie("plain"), { maxKeys: 4, noNullPrototype: true }),
  ),
})).plain;

const anyValue: fc.Arbitrary<Value> = fc.oneof(
  fc.integer({ min: -(2 ** 31), max: 2 ** 32 - 1 }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
  fc.bigInt({ min: -5n, max: 5n }),
  fc.uint8Array({ minLength: 16, maxLength: 16 }),
  fc.constant(null),
);
const anyValues: fc.Arbitrary<Value[]> = fc.array(anyValue, { maxLength: 12 });
const anyIndex: fc.Arbitrary<number> = fc.integer({ min: 0, max: 5000 });
const anySegments: fc.Arbitrary<number[]> = fc
  .uniqueArray(fc.integer({ min: 0, max: 40 }))
  .map((list) => list.sort((a, b) => a - b));

const anyMemory: fc.Arbitrary<MachineState["memories"][number]> = fc
  .tuple(
    fc.constantFrom(0, 1, 1, 2, 17),
    fc.array(fc.tuple(fc.integer({ min: 0, max: 17 * 65536 - 1 }), fc.integer({ min: 0, max: 255 })), {
      maxLength: 12,
    }),
  )
  .map(([pages, writes]) => memoryOf(pages, writes));

const anyCall: fc.Arbitrary<NestedState> = record({
  frames: fc.array(record({ func: anyIndex, point: anyIndex, values: anyValues }), { maxLength: 6 }),
  pending: fc.oneof(
    fc.constant({ kind: "none" as const }),
    record({ kind: fc.constant("results" as const), values: anyValues }),
    record({ kind: fc.constant("answered" as const), func: anyIndex, values: anyValues }),
    record({ kind: fc.constant("call" as const), func: anyIndex, args: anyValues, state: anyPlain }),
    record({
      kind: fc.constant("call" as const),
      func: anyIndex,
      args: anyValues,
      state: anyPlain,
      open: fc.constant(true as const),
    }),
  ),
});

export const anyMachine: fc.Arbitrary<MachineState> = fc
  .tuple(
    record({
      memories: fc.array(anyMemory, { maxLength: 2 }),
      tables: fc.array(fc.array(fc.option(anyIndex, { nil: null }), { maxLength: 12 }), { maxLength: 2 }),
      globals: anyValues,
      droppedData: anySegments,
      droppedElements: anySegments,
      counters: fc
        .dictionary(fc.constantFrom("gas", "depth", "slots"), fc.maxSafeInteger(), { noNullPrototype: true })
        .map(positiveZeros),
    }),
    anyCall,
    fc.array(anyCall, { maxLength: 2 }),
  )
  .map(([rest, call, nested]) => ({ ...rest, ...call, ...(nested.length === 0 ? {} : { nested }) }));

function positiveZeros(record: { [name: string]: number }): { [name: string]: number } {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, value + 0]));
}

const anyStatus: fc.Arbitrary<ProcessState["status"]> = fc.oneof(
  fc.constantFrom("idle" as const, "ready" as const, "parked" as const).map((state) => ({ state })),
  record({
    state: fc.constantFrom("stopped" as const, "ended" as const),
    stop: fc.oneof(
      fc
        .constantFrom(
          "out-of-gas" as const,
          "deadlock" as const,
          "paused" as const,
          "frozen" as const,
          "discarded" as const,
        )
        .map((kind) => ({ kind })),
      record({ kind: fc.constant("out-of-memory" as const), pagesWanted: fc.nat() }),
      record({
        kind: fc.constant("trap" as const),
        code: fc.constantFrom("unreachable", "stack-overflow"),
        message: text,
      }),
      record({ kind: fc.constant("exit" as const), code: fc.integer() }),
      record({ kind: fc.constant("fault" as const), message: text }),
    ),
  }),
);

const anyProcess: fc.Arbitrary<ProcessState> = record({
  parent: fc.constant(-1),
  module: fc.constant(0),
  guest: record({ kind: fc.constantFrom("wasm", "wasi", "javascript"), state: anyPlain }),
  machine: fc.option(anyMachine, { nil: null }),
  meter: record({ gasGranted: fc.nat(), gasUsed: fc.nat(), pagesMax: fc.nat(), gasLent: fc.integer() }),
  status: anyStatus,
  clist: fc.array(fc.option(anyPlain, { nil: null }), { maxLength: 5 }),
  mailbox: fc.array(anyPlain, { maxLength: 3 }),
  kernel: anyPlain,
});

export const anyTree: fc.Arbitrary<TreeState> = record({
  processes: fc.array(anyProcess, { minLength: 1, maxLength: 3 }),
  kernel: anyPlain,
  gasSchedule: fc.nat(),
}).map(({ processes, ...others }) =>
  treeOf({ ...others, processes: processes.map((process, index) => ({ ...process, parent: index - 1 })) }),
);
