/**
 * The two kinds of block that hold an image together: the manifest, which is its root, and one block per process. Read into
 * precise types; what they link to is read by decode.ts. docs/spec/image.md describes both.
 * @module
 */

import { Field, SAFE_MAX } from "./fields.ts";
import {
  CLIST_MAX,
  FRAMES_MAX,
  FUNCTIONS_MAX,
  GLOBALS_MAX,
  IMAGE_FORMAT_VERSION,
  IMAGE_FORMAT_VERSION_NESTED,
  IMAGE_FORMAT_VERSION_PLAIN,
  IMAGES_MAX,
  MAILBOX_MAX,
  MEMORIES_MAX,
  MEMORY_WASM_PAGES_MAX,
  MODULES_MAX,
  NAME_LENGTH_MAX,
  NESTED_CALLS_MAX,
  PAGES_PER_WASM_PAGE,
  SEGMENTS_MAX,
  TABLE_ELEMENTS_MAX,
  TABLE_PAGES,
  TABLES_MAX,
} from "./limits.ts";
import { cborToValues, readCounters, readMeter, readStatus } from "./parts.ts";
import type { MeterState, Plain, StatusState, TreeState, Value } from "./state.ts";

export const MANIFEST_FORMAT = "caper-image";

export interface ManifestBlock {
  readonly version: number;
  readonly rewriter: string;
  readonly gasSchedule: number;
  readonly modules: readonly Uint8Array[];
  readonly images: readonly Uint8Array[];
  readonly processes: readonly Uint8Array[];
  readonly kernel: Field;
}

/** A list of `length` items in the linked blocks. */
export interface ChunkedList {
  readonly length: number;
  readonly chunks: readonly Uint8Array[];
  readonly where: string;
}

export interface MemoryBlock {
  readonly pages: number;
  readonly tables: readonly (Uint8Array | null)[];
}

/** A call of an export that is under way. */
export interface CallBlock {
  readonly frames: ChunkedList;
  readonly pending: Field;
}

export interface MachineBlock extends CallBlock {
  readonly memories: readonly MemoryBlock[];
  readonly tables: readonly ChunkedList[];
  readonly globals: readonly Value[];
  readonly droppedData: readonly number[];
  readonly droppedElements: readonly number[];
  readonly nested: readonly CallBlock[] | undefined;
  readonly counters: { readonly [name: string]: number };
}

export interface ProcessBlock {
  readonly parent: number;
  readonly module: number;
  readonly guestKind: string;
  readonly guestState: Uint8Array;
  readonly machine: MachineBlock | null;
  readonly meter: MeterState;
  readonly status: StatusState;
  readonly clist: ChunkedList;
  readonly mailbox: readonly Uint8Array[];
  readonly kernel: Field;
}

const MANIFEST_KEYS = [
  "format",
  "version",
  "rewriter",
  "gasSchedule",
  "modules",
  "images",
  "processes",
  "kernel",
] as const;

/** The oldest version that can hold a state: so each state has one encoding. */
export function formatVersion(state: TreeState): number {
  if (hasField(state.kernel, PROMISED)) return IMAGE_FORMAT_VERSION;
  const isNested = state.processes.some(
    ({ machine }) =>
      machine !== null &&
      (machine.nested !== undefined ||
        machine.pending.kind === "answered" ||
        (machine.pending.kind === "call" && machine.pending.open === true)),
  );
  return isNested ? IMAGE_FORMAT_VERSION_NESTED : IMAGE_FORMAT_VERSION_PLAIN;
}

/** Where the kernel writes messages that wait for promises: older ones would not see that they are there. */
const PROMISED = "promised";

function hasField(plain: Plain, name: string): boolean {
  return typeof plain === "object" && plain !== null && Object.hasOwn(plain, name);
}

export function readManifest(value: unknown): ManifestBlock {
  const whole = new Field(value, "manifest");
  assertVersion(whole, MANIFEST_FORMAT);
  const fields = whole.map(MANIFEST_KEYS);
  const processes = fields.processes.list(SAFE_MAX, "processes").map((field) => field.link("dag-cbor"));
  if (processes.length === 0) throw fields.processes.fail("is empty");
  return {
    version: fields.version.integer(IMAGE_FORMAT_VERSION_PLAIN, IMAGE_FORMAT_VERSION),
    rewriter: fields.rewriter.text(NAME_LENGTH_MAX),
    gasSchedule: fields.gasSchedule.integer(0, SAFE_MAX),
    modules: fields.modules.list(MODULES_MAX, "modules").map((field) => field.link("raw")),
    images: fields.images.list(IMAGES_MAX, "images").map((field) => field.link("dag-cbor")),
    processes,
    kernel: fields.kernel,
  };
}

/** Before anything else is looked at: a newer version may have any other fields. */
export function assertVersion(whole: Field, ...formats: readonly string[]): void {
  const record = whole.record();
  const { format, version } = record;
  if (typeof format !== "string" || !formats.includes(format)) {
    throw whole.fail("does not begin an image of Caper", "not-an-image");
  }
  if (!Number.isSafeInteger(version) || (version as number) < 1) throw whole.fail("has no version");
  if ((version as number) > IMAGE_FORMAT_VERSION) {
    throw whole.fail(
      `was made by a newer Caper: format ${version as number}, this one reads ${IMAGE_FORMAT_VERSION}`,
      "newer-version",
    );
  }
}

const PROCESS_KEYS = ["parent", "module", "guest", "machine", "meter", "status", "clist", "mailbox", "kernel"] as const;

export function readProcess(whole: Field): ProcessBlock {
  const fields = whole.map(PROCESS_KEYS);
  const guest = fields.guest.map(["kind", "state"]);
  return {
    parent: fields.parent.integer(-1, SAFE_MAX),
    module: fields.module.integer(0, MODULES_MAX - 1),
    guestKind: guest.kind.text(NAME_LENGTH_MAX),
    guestState: guest.state.link("dag-cbor"),
    machine: fields.machine.value === null ? null : readMachine(fields.machine),
    meter: readMeter(fields.meter),
    status: readStatus(fields.status),
    clist: readChunkedList(fields.clist, CLIST_MAX, "entries"),
    mailbox: fields.mailbox.list(MAILBOX_MAX, "messages").map((field) => field.link("dag-cbor")),
    kernel: fields.kernel,
  };
}

const MACHINE_KEYS = [
  "memories",
  "tables",
  "globals",
  "droppedData",
  "droppedElements",
  "frames",
  "pending",
  "counters",
] as const;

function readMachine(whole: Field): MachineBlock {
  const { nested } = whole.record();
  const fields = whole.map(nested === undefined ? MACHINE_KEYS : [...MACHINE_KEYS, "nested"]);
  const segments = { max: FUNCTIONS_MAX, countMax: SEGMENTS_MAX, unit: "segments" };
  return {
    memories: fields.memories.list(MEMORIES_MAX, "memories").map(readMemory),
    tables: fields.tables
      .list(TABLES_MAX, "tables")
      .map((field) => readChunkedList(field, TABLE_ELEMENTS_MAX, "elements")),
    globals: cborToValues(fields.globals, GLOBALS_MAX),
    droppedData: fields.droppedData.ascending(segments),
    droppedElements: fields.droppedElements.ascending(segments),
    ...readCall(fields),
    nested: nested === undefined ? undefined : readNested(new Field(nested, `${whole.where}: nested`)),
    counters: readCounters(fields.counters),
  };
}

function readCall({ frames, pending }: { readonly frames: Field; readonly pending: Field }): CallBlock {
  return { frames: readChunkedList(frames, FRAMES_MAX, "frames"), pending };
}

function readNested(whole: Field): readonly CallBlock[] {
  const list = whole.list(NESTED_CALLS_MAX, "calls");
  if (list.length === 0) throw whole.fail("is empty, where it should not be there", "not-canonical");
  return list.map((field) => readCall(field.map(["frames", "pending"])));
}

function readMemory(whole: Field): MemoryBlock {
  const { pages: pagesField, tables } = whole.map(["pages", "tables"]);
  const pages = pagesField.integer(0, MEMORY_WASM_PAGES_MAX);
  const count = Math.ceil((pages * PAGES_PER_WASM_PAGE) / TABLE_PAGES);
  const links = tables.list(count, "page tables");
  if (links.length !== count) throw tables.fail(`has ${links.length} entries for ${pages} pages of 64 KiB`);
  return { pages, tables: links.map((field) => (field.value === null ? null : field.link("dag-cbor"))) };
}

function readChunkedList(whole: Field, lengthMax: number, unit: string): ChunkedList {
  const fields = whole.map(["length", "chunks"]);
  const length = fields.length.integer(0, Number.MAX_SAFE_INTEGER);
  if (length > lengthMax) throw whole.fail(`has ${length} ${unit}, the limit is ${lengthMax}`, "limit");
  // A block holds at least one item, so this bounds the list of blocks too.
  const chunks = fields.chunks.list(length, "blocks").map((field) => field.link("dag-cbor"));
  return { length, chunks, where: whole.where };
}
