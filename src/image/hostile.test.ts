/**
 * Images whose blocks are sound and whose names are right, but whose contents are not: each is built by changing one thing in a
 * good image and hashing it anew, as a forger would.
 */
import { decode, encode } from "@ipld/dag-cbor";
import type { CID } from "multiformats/cid";
import { describe, expect, it } from "vitest";
import { memoryOf, treeOf, treeWith } from "../../test/support/image-states.ts";
import { cidToLink } from "./cbor.ts";
import { cidToText, defaultHasher, makeCid } from "./cid.ts";
import { type DecodeOptions, decodeImage, encodeImage, ImageError, type TreeState } from "./index.ts";
import {
  GLOBALS_MAX,
  IMAGES_MAX,
  MAILBOX_MAX,
  MEMORIES_MAX,
  MEMORY_WASM_PAGES_MAX,
  MODULES_MAX,
  NESTED_CALLS_MAX,
  TABLES_MAX,
} from "./limits.ts";

// The tests put anything anywhere.
type Any = any;

class Forgery {
  readonly blocks: Map<string, Uint8Array>;
  readonly manifest: Any;
  readonly process: Any;

  constructor(tree: TreeState = treeOf()) {
    const image = encodeImage(tree);
    this.blocks = new Map(image.blocks);
    this.manifest = this.read(image.root);
    this.process = this.read(this.manifest.processes[0]);
  }

  read(cid: unknown): Any {
    return decode(this.blocks.get(String(cid)) as Uint8Array);
  }

  put(codec: "raw" | "dag-cbor", bytes: Uint8Array): CID {
    const cid = makeCid(codec, defaultHasher(bytes));
    this.blocks.set(cidToText(cid), bytes);
    return cidToLink(cid);
  }

  cbor(value: unknown): CID {
    return this.put("dag-cbor", encode(value));
  }

  decode(options?: DecodeOptions): TreeState {
    if (this.process !== undefined) this.manifest.processes[0] = this.cbor(this.process);
    return decodeImage({ root: String(this.cbor(this.manifest)), base: null, blocks: this.blocks }, options);
  }
}

function refusal(change: (forgery: Forgery) => void, options?: DecodeOptions, tree?: TreeState): ImageError {
  const forgery = new Forgery(tree);
  change(forgery);
  try {
    forgery.decode(options);
  } catch (error) {
    if (error instanceof ImageError) return error;
    throw error;
  }
  throw new Error("was accepted");
}

const RAW = cidToLink(makeCid("raw", new Uint8Array(32)));

describe("an unchanged forgery", () => {
  it("is accepted, so that the tests below fail for what they change", () => {
    expect(new Forgery().decode()).toStrictEqual(treeOf());
  });
});

const nestedCall = ({ frames, pending }: Any): Any => ({ frames, pending });

describe("a manifest is refused", () => {
  const cases: [string, string, (manifest: Any, forgery: Forgery) => void][] = [
    ["with an unknown field", "bad-field", (m) => Object.assign(m, { extra: 1 })],
    ["without a rewriter", "bad-field", (m) => delete m.rewriter],
    ["with a rewriter that is a number", "bad-field", (m) => Object.assign(m, { rewriter: 1 })],
    ["with an endless rewriter", "limit", (m) => Object.assign(m, { rewriter: "x".repeat(257) })],
    ["with a negative gas schedule", "bad-field", (m) => Object.assign(m, { gasSchedule: -1 })],
    ["with half a gas schedule", "bad-field", (m) => Object.assign(m, { gasSchedule: 0.5 })],
    ["with another format", "not-an-image", (m) => Object.assign(m, { format: "caper-picture" })],
    ["with a newer version", "newer-version", (m) => Object.assign(m, { version: 4, extra: 1 })],
    ["with a newer version than what it holds needs", "not-canonical", (m) => Object.assign(m, { version: 2 })],
    ["with the newest version and nothing that needs it", "not-canonical", (m) => Object.assign(m, { version: 3 })],
    ["with a version that is text", "bad-field", (m) => Object.assign(m, { version: "1" })],
    [
      "without processes",
      "bad-field",
      (m, f) => Object.assign(m, { processes: [] }) && Object.assign(f, { process: undefined }),
    ],
    ["with a raw process", "wrong-codec", (m) => m.processes.push(RAW)],
    [
      "with a missing process",
      "missing-block",
      (m) => m.processes.push(cidToLink(makeCid("dag-cbor", new Uint8Array(32)))),
    ],
    ["with a process that is text", "bad-field", (m) => m.processes.push("bafy")],
    ["with a dag-cbor module", "wrong-codec", (m) => (m.modules = [m.processes[0]])],
    ["without the module that a process names", "bad-field", (m) => (m.modules = [])],
    ["with too many modules", "limit", (m) => (m.modules = new Array(MODULES_MAX + 1).fill(m.modules[0]))],
    ["with too many images", "limit", (m) => (m.images = new Array(IMAGES_MAX + 1).fill(m.processes[0]))],
    ["with a held image that is raw", "wrong-codec", (m) => (m.images = [RAW])],
    [
      "with a held image that is missing",
      "missing-block",
      (m) => (m.images = [cidToLink(makeCid("dag-cbor", new Uint8Array(32)))]),
    ],
    ["with a wild kernel state", "bad-field", (m) => (m.kernel = RAW)],
  ];
  it.each(cases)("%s", (_, code, change) => {
    expect(refusal((forgery) => change(forgery.manifest, forgery)).code).toBe(code);
  });

  it.each<[string, (machine: Any) => void]>([
    ["a nested call", (m) => (m.nested = [nestedCall(m)])],
    ["an open call", (m) => Object.assign(m.pending, { open: true })],
    ["an answered call", (m) => (m.pending = { kind: "answered", func: 1, values: [] })],
  ])("of version 1 with %s, and accepted as version 2", (_, change) => {
    expect(refusal((forgery) => change(forgery.process.machine)).code).toBe("not-canonical");
    const forgery = new Forgery();
    change(forgery.process.machine);
    forgery.manifest.version = 2;
    expect(forgery.decode().processes).toHaveLength(1);
  });

  it.each([1, 2])("of version %i with messages that wait for promises, and accepted as version 3", (version) => {
    const change = (m: Any): unknown => Object.assign(m, { version, kernel: { promised: [] } });
    expect(refusal((forgery) => change(forgery.manifest)).code).toBe("not-canonical");
    const forgery = new Forgery();
    change(forgery.manifest);
    forgery.manifest.version = 3;
    expect(forgery.decode().processes).toHaveLength(1);
  });

  it("not with as many nested calls as allowed", () => {
    const forgery = new Forgery();
    forgery.manifest.version = 2;
    forgery.process.machine.nested = new Array(NESTED_CALLS_MAX).fill(nestedCall(forgery.process.machine));
    expect(forgery.decode().processes[0]?.machine?.nested).toHaveLength(NESTED_CALLS_MAX);
  });

  it("with as many modules as allowed is accepted", () => {
    const forgery = new Forgery();
    forgery.manifest.modules = new Array(MODULES_MAX).fill(forgery.manifest.modules[0]);
    expect(forgery.decode().modules).toHaveLength(MODULES_MAX);
  });
});

describe("a process is refused", () => {
  const cases: [string, string, (process: Any, forgery: Forgery) => void][] = [
    ["with an unknown field", "bad-field", (p) => Object.assign(p, { extra: 1 })],
    ["without a meter", "bad-field", (p) => delete p.meter],
    ["that is its own parent", "bad-field", (p) => (p.parent = 0)],
    ["with a parent after it", "bad-field", (p) => (p.parent = 5)],
    ["with a parent before the first", "bad-field", (p) => (p.parent = -2)],
    ["with a module that is not there", "bad-field", (p) => (p.module = 1)],
    ["with a guest without kind", "bad-field", (p) => delete p.guest.kind],
    ["with a guest state that is no link", "bad-field", (p) => (p.guest.state = {})],
    ["with gas beyond 53 bits", "bad-field", (p) => (p.meter.gasUsed = 2n ** 53n)],
    ["with negative gas", "bad-field", (p) => (p.meter.gasUsed = -1)],
    ["without gas granted", "bad-field", (p) => delete p.meter.gasGranted],
    ["with a meter that has a wild name", "bad-field", (p) => (p.meter["a b"] = 1)],
    [
      "with a meter of 33 entries",
      "limit",
      (p) => Object.assign(p.meter, Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`x${i}`, i]))),
    ],
    ["with an unknown status", "bad-field", (p) => (p.status = { state: "dreaming" })],
    ["with a stop that is not told", "bad-field", (p) => (p.status = { state: "stopped" })],
    ["with a status and too much", "bad-field", (p) => (p.status = { state: "ready", stop: { kind: "paused" } })],
    ["with an unknown stop", "bad-field", (p) => (p.status = { state: "ended", stop: { kind: "bored" } })],
    [
      "with a trap without message",
      "bad-field",
      (p) => (p.status = { state: "ended", stop: { kind: "trap", code: "unreachable" } }),
    ],
    [
      "with a wild trap code",
      "bad-field",
      (p) => (p.status = { state: "ended", stop: { kind: "trap", code: "a b", message: "" } }),
    ],
    [
      "with an endless message",
      "limit",
      (p) => (p.status = { state: "ended", stop: { kind: "fault", message: "x".repeat(8193) } }),
    ],
    ["with a c-list of the wrong length", "bad-field", (p) => (p.clist.length = 4)],
    ["with a c-list without blocks", "bad-field", (p) => (p.clist.chunks = [])],
    ["with an enormous c-list", "limit", (p) => (p.clist.length = 2 ** 40)],
    ["with a c-list block that is no list", "bad-field", (p, f) => (p.clist.chunks = [f.cbor({})])],
    ["with a wild c-list entry", "bad-field", (p, f) => (p.clist.chunks = [f.cbor([null, null, RAW])])],
    ["with a message by value", "bad-field", (p) => (p.mailbox = ["hello"])],
    ["with a mailbox that is too long", "limit", (p) => (p.mailbox = new Array(MAILBOX_MAX + 1).fill(p.mailbox[0]))],
  ];
  it.each(cases)("%s", (_, code, change) => {
    const error = refusal((forgery) => change(forgery.process, forgery));
    expect(error.code).toBe(code);
    expect(error.where).toMatch(/^process 0/);
  });
});

describe("a machine is refused", () => {
  const cases: [string, string, (machine: Any, forgery: Forgery) => void][] = [
    ["with an unknown field", "bad-field", (m) => Object.assign(m, { extra: 1 })],
    ["without globals", "bad-field", (m) => delete m.globals],
    ["with a list of no nested calls", "not-canonical", (m) => (m.nested = [])],
    ["with nested calls that are none", "bad-field", (m) => (m.nested = [null])],
    ["with more nested calls", "limit", (m) => (m.nested = new Array(NESTED_CALLS_MAX + 1).fill(nestedCall(m)))],
    ["with more in a nested call", "bad-field", (m) => (m.nested = [{ ...nestedCall(m), extra: 1 }])],
    ["with a call that says that it is not open", "not-canonical", (m) => Object.assign(m.pending, { open: false })],
    ["with an answer without values", "bad-field", (m) => (m.pending = { kind: "answered", func: 1 })],
    ["with a global that is half", "bad-field", (m) => (m.globals = [0.5])],
    ["with a global that is text", "bad-field", (m) => (m.globals = ["1"])],
    ["with a global of 33 bits", "bad-field", (m) => (m.globals = [2 ** 32])],
    ["with a global below 32 bits", "bad-field", (m) => (m.globals = [-(2 ** 31) - 1])],
    ["with a global of 65 bits", "bad-field", (m) => (m.globals = [[-(2n ** 63n) - 1n]])],
    ["with a global of two parts", "bad-field", (m) => (m.globals = [[1, 2]])],
    ["with a global of 15 bytes", "bad-field", (m) => (m.globals = [new Uint8Array(15)])],
    ["with too many globals", "limit", (m) => (m.globals = new Array(GLOBALS_MAX + 1).fill(0))],
    ["with dropped segments out of order", "bad-field", (m) => (m.droppedData = [2, 1])],
    ["with a segment dropped twice", "bad-field", (m) => (m.droppedElements = [1, 1])],
    ["with a negative segment", "bad-field", (m) => (m.droppedData = [-1])],
    ["with too many memories", "limit", (m) => (m.memories = new Array(MEMORIES_MAX + 1).fill(m.memories[0]))],
    ["with too many tables", "limit", (m) => (m.tables = new Array(TABLES_MAX + 1).fill(m.tables[0]))],
    ["with a table that is too long", "limit", (m) => (m.tables[0].length = 10_000_001)],
    ["with a table of the wrong length", "bad-field", (m) => (m.tables[0].length = 5)],
    ["with a table with too many blocks", "bad-field", (m) => m.tables[0].chunks.push(m.tables[0].chunks[0])],
    ["with a table element that is text", "bad-field", (m, f) => (m.tables[0].chunks = [f.cbor([null, "3", 4, null])])],
    ["with a negative table element", "bad-field", (m, f) => (m.tables[0].chunks = [f.cbor([null, -3, 4, null])])],
    ["with too many frames", "limit", (m) => (m.frames.length = 2 ** 20 + 1)],
    ["with fewer frames than it says", "bad-field", (m) => (m.frames.length = 3)],
    ["with more frames than it says", "bad-field", (m) => (m.frames.length = 1)],
    [
      "with frames cut otherwise",
      "not-canonical",
      (m, f) => (m.frames.chunks = f.read(m.frames.chunks[0]).map((frame: unknown) => f.cbor([frame]))),
    ],
    ["with an empty block of frames", "bad-field", (m, f) => (m.frames = { length: 1, chunks: [f.cbor([])] })],
    ["with a frame that is a map", "bad-field", (m, f) => (m.frames = { length: 1, chunks: [f.cbor([{}])] })],
    ["with a frame of two parts", "bad-field", (m, f) => (m.frames = { length: 1, chunks: [f.cbor([[1, 2]])] })],
    ["with a frame of four parts", "limit", (m, f) => (m.frames = { length: 1, chunks: [f.cbor([[1, 2, [], 4]])] })],
    [
      "with a frame of a negative function",
      "bad-field",
      (m, f) => (m.frames = { length: 1, chunks: [f.cbor([[-1, 2, []]])] }),
    ],
    [
      "with a frame at a wild safepoint",
      "bad-field",
      (m, f) => (m.frames = { length: 1, chunks: [f.cbor([[1, 1e9, []]])] }),
    ],
    [
      "with a frame of wild values",
      "bad-field",
      (m, f) => (m.frames = { length: 1, chunks: [f.cbor([[1, 2, [true]]])] }),
    ],
    ["with an unknown pending", "bad-field", (m) => (m.pending = { kind: "maybe" })],
    ["with a pending nothing and more", "bad-field", (m) => (m.pending = { kind: "none", values: [] })],
    ["with a pending call without state", "bad-field", (m) => delete m.pending.state],
    ["with pending results that are none", "bad-field", (m) => (m.pending = { kind: "results", values: null })],
    ["with wild counters", "bad-field", (m) => (m.counters = { gas: "1" })],
    ["that is a list", "bad-field", (_, f) => (f.process.machine = [])],
  ];
  it.each(cases)("%s", (_, code, change) => {
    const error = refusal((forgery) => change(forgery.process.machine, forgery));
    expect(error.code).toBe(code);
    expect(error.where).toMatch(/^process 0/);
  });

  it("with as many memories and globals as allowed is accepted", () => {
    const forgery = new Forgery(treeWith({ memories: [memoryOf(0, [])] }));
    const { machine } = forgery.process;
    machine.memories = new Array(MEMORIES_MAX).fill(machine.memories[0]);
    machine.globals = new Array(GLOBALS_MAX).fill(0);
    machine.tables = new Array(TABLES_MAX).fill(machine.tables[0]);
    const decoded = forgery.decode().processes[0]?.machine;
    expect(decoded?.memories).toHaveLength(MEMORIES_MAX);
    expect(decoded?.globals).toHaveLength(GLOBALS_MAX);
  });
});

describe("a memory is refused", () => {
  const page = (fill: number, length = 4096): Uint8Array => new Uint8Array(length).fill(fill);
  const table = (forgery: Forgery, links: unknown[]): CID[] => [
    forgery.cbor([...links, ...new Array(16 - links.length).fill(null)]),
  ];
  const cases: [string, string, (memory: Any, forgery: Forgery) => void][] = [
    ["with half a page", "bad-field", (m) => (m.pages = 0.5)],
    ["with more pages than there can be", "bad-field", (m) => (m.pages = MEMORY_WASM_PAGES_MAX + 1)],
    ["with more page tables than its size has", "limit", (m) => m.tables.push(null)],
    ["with fewer page tables than its size has", "bad-field", (m) => (m.pages = 17)],
    ["with a page table for another size", "bad-field", (m) => (m.pages = 2)],
    ["with a raw page table", "wrong-codec", (m) => (m.tables = [RAW])],
    [
      "with a page table that is missing",
      "missing-block",
      (m) => (m.tables = [cidToLink(makeCid("dag-cbor", new Uint8Array(32)))]),
    ],
    ["with a page table that is a map", "bad-field", (m, f) => (m.tables = [f.cbor({})])],
    ["with a page table of zeros", "bad-field", (m, f) => (m.tables = table(f, []))],
    ["with a page that is a number", "bad-field", (m, f) => (m.tables = table(f, [1]))],
    ["with a page that is dag-cbor", "wrong-codec", (m, f) => (m.tables = table(f, [f.cbor(1)]))],
    ["with a page that is missing", "missing-block", (m, f) => (m.tables = table(f, [RAW]))],
    ["with a page of zeros", "not-canonical", (m, f) => (m.tables = table(f, [f.put("raw", page(0))]))],
    ["with a short page", "bad-field", (m, f) => (m.tables = table(f, [f.put("raw", page(1, 4095))]))],
    ["with a long page", "bad-field", (m, f) => (m.tables = table(f, [f.put("raw", page(1, 4097))]))],
  ];
  it.each(cases)("%s", (_, code, change) => {
    const error = refusal((forgery) => change(forgery.process.machine.memories[0], forgery));
    expect(error.code).toBe(code);
    expect(error.where).toMatch(/^process 0: machine: memories 0|^process 0: memory 0/);
  });
});

describe("a bomb is refused before anything is allocated", () => {
  it("of memory: at the limit it is accepted, one page more is refused", () => {
    const tree = treeWith({ memories: [memoryOf(2, []), memoryOf(1, [])] });
    expect(new Forgery(tree).decode({ limits: { memoryWasmPagesMax: 3 } }).processes).toHaveLength(1);
    expect(refusal(() => undefined, { limits: { memoryWasmPagesMax: 2 } }, tree).code).toBe("limit");
    const huge = (forgery: Forgery): void => {
      forgery.process.machine.memories = [{ pages: 65536, tables: new Array(4096).fill(null) }];
    };
    const error = refusal(huge, { limits: { memoryWasmPagesMax: 1024 } });
    expect(error.message).toBe(
      "process 0: memory 0: has 65536 pages of 64 KiB, 1024 more are accepted; raise the limit if you trust the image",
    );
  });

  it("of memory in many processes, also if all are the same block", () => {
    const tree = treeWith({ memories: [memoryOf(1, [])] });
    const many = (forgery: Forgery): void => {
      forgery.manifest.processes = new Array(101).fill(forgery.cbor(forgery.process));
    };
    expect(refusal(many, { limits: { memoryWasmPagesMax: 100 } }, tree).code).toBe("limit");
  });

  it("of processes: at the limit it is accepted, one more is refused", () => {
    const many = (forgery: Forgery, count: number): void => {
      forgery.process.machine = null;
      forgery.manifest.processes = new Array(count).fill(forgery.cbor(forgery.process));
    };
    const forgery = new Forgery();
    many(forgery, 4096);
    expect(forgery.decode().processes).toHaveLength(4096);
    expect(refusal((other) => many(other, 4097)).code).toBe("limit");
  });

  it("of tables, frames and values: at the limit it is accepted, one more is refused", () => {
    const limits = { tableElementsMax: 4, framesMax: 2, frameValuesMax: 3 };
    expect(new Forgery().decode({ limits })).toStrictEqual(treeOf());
    for (const limit of ["tableElementsMax", "framesMax", "frameValuesMax"] as const) {
      expect(refusal(() => undefined, { limits: { ...limits, [limit]: limits[limit] - 1 } }).code).toBe("limit");
    }
  });

  it("of one block named many times", () => {
    const repeated = (forgery: Forgery): void => {
      const chunk = forgery.put("raw", new Uint8Array(16384).fill(1));
      const bytes = { "/": { length: 16384 * 1000, chunks: new Array(1000).fill(chunk) } };
      forgery.process.guest.state = forgery.cbor(new Array(20).fill(bytes));
    };
    const forgery = new Forgery();
    repeated(forgery);
    const bytesMax = 20 * 1000 * 16384;
    expect(refusal(repeated).code).toBe("limit");
    expect(refusal(repeated, { limits: { plainBytesMax: bytesMax - 1 } }).code).toBe("limit");
    expect(forgery.decode({ limits: { plainBytesMax: bytesMax } }).processes).toHaveLength(1);
  });
});

describe("the reader's own check", () => {
  it("refuses in its own words, once per process", () => {
    const seen: number[] = [];
    const check: DecodeOptions["check"] = (process, { index, tree }) => {
      seen.push(index);
      expect(tree.processes[index]).toBe(process);
      return index === 1 ? "frame 3: has no safepoint 7" : undefined;
    };
    const tree = treeOf({ processes: [...treeOf().processes, ...treeOf().processes, ...treeOf().processes] });
    const error = refusal(() => undefined, { check }, tree);
    expect(seen).toEqual([0, 1]);
    expect(error.code).toBe("refused");
    expect(error.message).toBe(
      "process 1: frame 3: has no safepoint 7; have the image made again, it does not fit its module",
    );
  });
});

describe("a state that could not be read again is not written", () => {
  const limitCode = (tree: TreeState): string => {
    try {
      encodeImage(tree);
    } catch (error) {
      if (error instanceof ImageError) return error.code;
      throw error;
    }
    return "none";
  };
  const process = treeOf().processes[0] as TreeState["processes"][number];
  it.each([
    ["no process", "bad-field", treeOf({ processes: [] })],
    ["a parent after its child", "bad-field", treeOf({ processes: [{ ...process, parent: 0 }] })],
    ["a module that is not there", "bad-field", treeOf({ processes: [{ ...process, module: 1 }] })],
    [
      "a module's wrong name",
      "wrong-hash",
      treeOf({ modules: [{ cid: cidToText(makeCid("raw", new Uint8Array(32))), bytes: new Uint8Array(8) }] }),
    ],
    ["a memory of another size", "bad-field", treeWith({ memories: [{ pages: 2, bytes: new Uint8Array(65536) }] })],
    ["a value that is none", "bad-field", treeWith({ globals: [1.5] })],
    ["-0 as value", "bad-field", treeWith({ globals: [-0] })],
    ["a frame that is none", "bad-field", treeWith({ frames: [{ func: -1, point: 0, values: [] }] })],
    ["a table element that is none", "bad-field", treeWith({ tables: [[1.5]] })],
    ["a sparse table", "bad-field", treeWith({ tables: [new Array(2)] })],
    ["dropped segments out of order", "bad-field", treeWith({ droppedData: [1, 0] })],
    ["too many globals", "limit", treeWith({ globals: new Array(GLOBALS_MAX + 1).fill(0) })],
    ["a wild status", "bad-field", treeOf({ processes: [{ ...process, status: { state: "x" } as never }] })],
    ["a wild meter", "bad-field", treeOf({ processes: [{ ...process, meter: { gasUsed: 1 } as never }] })],
  ])("%s", (_, code, tree) => {
    expect(limitCode(tree)).toBe(code);
  });
});
