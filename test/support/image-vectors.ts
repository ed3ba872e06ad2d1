/**
 * The test vectors of the image format: each a state, as JSON, with the file and the root that it must give. The list here is
 * the source; `UPDATE_VECTORS=1 npx vitest run test/image` writes the files, to be read in review.
 * @module
 */

import {
  encodeImage,
  imageToBytes,
  type MachineState,
  makeBase,
  type Plain,
  type TreeState,
} from "../../src/image/index.ts";
import { machineOf, memoryOf, processOf, treeOf, treeWith } from "./image-states.ts";

export interface ImageVector {
  readonly name: string;
  readonly about: string;
  readonly state: TreeState;
  /** Name of the vector that is the base of this one. */
  readonly base?: string;
}

/** Deterministic bytes that do not compress or repeat. */
function noise(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

function noisyMemory(changes: readonly (readonly [number, number])[]): MachineState["memories"][number] {
  const memory = memoryOf(1, []);
  memory.bytes.set(noise(5000, 1), 4000);
  for (const [at, value] of changes) memory.bytes[at] = value;
  return memory;
}

const manyFrames: MachineState["frames"] = Array.from({ length: 300 }, (_, index) => ({
  func: index,
  point: index % 3,
  values: [index, BigInt(index)],
}));

const everyPlain: Plain = {
  null: null,
  booleans: [true, false],
  numbers: [0, -1, 1.5, 2 ** 53, 1e300, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  bigints: [0n, -1n, 2n ** 53n, 2n ** 64n - 1n, -(2n ** 64n), 2n ** 64n, -(2n ** 64n) - 1n],
  text: "Grüße, 🌍",
  bytes: new Uint8Array([0, 255]),
  keys: { "": 1, "/": 2, "//": 3, ["__proto__"]: 4 },
  long: noise(20000, 2),
};

export const IMAGE_VECTORS: readonly ImageVector[] = [
  {
    name: "unstarted",
    about: "The least that an image can be: one process that has not started.",
    state: treeOf({
      kernel: null,
      processes: [
        {
          ...processOf({ machine: null, clist: [], mailbox: [], status: { state: "ready" } }),
          guest: { kind: "wasm", state: null },
        },
      ],
    }),
  },
  { name: "small", about: "One parked process with a little of everything.", state: treeOf() },
  {
    name: "values",
    about: "Every kind of WebAssembly value at its extremes.",
    state: treeWith({
      memories: [],
      globals: [
        0,
        -(2 ** 31),
        2 ** 32 - 1,
        0n,
        -(2n ** 63n),
        2n ** 64n - 1n,
        2n ** 53n,
        null,
        noise(16, 3),
        0x7fc00000,
        0x7ff8000000000000n,
      ],
      pending: { kind: "results", values: [5, 5n] },
    }),
  },
  {
    name: "plain",
    about: "Every kind of plain data.",
    state: treeOf({ kernel: everyPlain, processes: [processOf({ machine: null })] }),
  },
  {
    name: "frames",
    about: "300 frames, which take two blocks.",
    state: treeWith({ memories: [], frames: manyFrames, pending: { kind: "none" } }),
  },
  {
    name: "nested",
    about: "Calls nested in open host calls, one of which has been answered: version 2.",
    state: treeWith({
      memories: [],
      pending: { kind: "call", func: 1, args: [7], state: 3, open: true },
      nested: [
        { frames: [], pending: { kind: "answered", func: 1, values: [5] } },
        { frames: [{ func: 12, point: 3, values: [1, 2n, null] }], pending: { kind: "none" } },
      ],
    }),
  },
  {
    name: "promised",
    about: "A message that waits for a promise: version 3.",
    state: treeOf({
      kernel: {
        counters: { nextProcessId: 1, nextCallId: 2, gasUsed: 9 },
        queue: [],
        cells: [
          { answer: null, answerer: -1, call: { callId: 1, sender: 0, to: "lost" } },
          { answer: null, answerer: -1, call: null },
        ],
        promised: [
          { promise: 0, sender: 0, message: { bytes: new Uint8Array([104, 105]), capabilities: [] }, cell: 1 },
        ],
      },
    }),
  },
  {
    name: "memory",
    about: "A memory of 64 KiB with three pages in use; the base of the next.",
    state: treeWith({ memories: [noisyMemory([])] }),
  },
  {
    name: "difference",
    about: "As the one before, with a few bytes changed, as a difference to it.",
    base: "memory",
    state: treeWith({
      memories: [
        noisyMemory([
          [5000, 1],
          [40000, 2],
        ]),
      ],
    }),
  },
  {
    name: "tree",
    about: "A parent and two children in different states, and an image held as a value.",
    state: treeOf({
      images: [encodeImage(treeWith({ memories: [memoryOf(17, [[1 << 20, 1]])] }))],
      processes: [
        processOf({ clist: [{ child: 1 }, { child: 2 }, { image: 0 }] }),
        processOf({ parent: 0, status: { state: "stopped", stop: { kind: "out-of-memory", pagesWanted: 9 } } }),
        processOf({
          parent: 0,
          machine: machineOf({ frames: [], pending: { kind: "none" } }),
          status: { state: "ended", stop: { kind: "trap", code: "unreachable", message: "unreachable executed" } },
        }),
      ],
    }),
  },
];

export function vectorFile(vector: ImageVector): { readonly root: string; readonly bytes: Uint8Array } {
  const below = IMAGE_VECTORS.find(({ name }) => name === vector.base);
  if (below === undefined) {
    const image = encodeImage(vector.state);
    return { root: image.root, bytes: imageToBytes(image) };
  }
  const base = makeBase(encodeImage(below.state));
  const image = encodeImage(vector.state, { base });
  return { root: image.root, bytes: imageToBytes(image, { base }) };
}

/** State as JSON that other languages can read: {"$bytes": hex}, {"$integer": decimal}, {"$number": text}, {"$image": root}. */
export function stateToJson(value: unknown): unknown {
  if (typeof value === "bigint") return { $integer: String(value) };
  if (typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0))) {
    return { $number: Object.is(value, -0) ? "-0" : String(value) };
  }
  if (value instanceof Uint8Array) return { $bytes: bytesToRuns(value) };
  if (Array.isArray(value)) return value.map(stateToJson);
  if (typeof value !== "object" || value === null) return value;
  if ("blocks" in value && "root" in value) return { $image: value.root };
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, stateToJson(item)]));
}

/** Hexadecimal, with each run of eight or more zero bytes as [count]. */
function bytesToRuns(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    let end = at;
    while (end < bytes.length && bytes[end] === 0) end += 1;
    if (end - at >= 8) {
      text += `[${end - at}]`;
      at = end;
    } else {
      text += (bytes[at] as number).toString(16).padStart(2, "0");
      at += 1;
    }
  }
  return text;
}
