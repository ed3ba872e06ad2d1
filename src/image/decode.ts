/**
 * From an image to the state of processes. Everything is checked: the image may come from anybody. What only the module can tell
 * (does this frame's safepoint exist?) is asked of the caller.
 * @module
 */

import type { Base, BaseProcess } from "./base.ts";
import { type BlockSource, type Image, makeVerifiedImage, requireBlock, requireCbor, verifyImage } from "./blocks.ts";
import { equalBytes } from "./cbor.ts";
import { chunkEnds, frameChunkEnds } from "./chunks.ts";
import { cidToText, type Hasher, textToCid } from "./cid.ts";
import { ImageError } from "./errors.ts";
import { Field } from "./fields.ts";
import {
  CLIST_CHUNK,
  DEFAULT_LIMITS,
  ELEMENTS_CHUNK,
  FRAME_POINTS_MAX,
  FRAMES_CHUNK,
  FUNCTIONS_MAX,
  type ImageLimits,
  MODULE_BYTES_MAX,
} from "./limits.ts";
import {
  type CallBlock,
  type ChunkedList,
  formatVersion,
  type MachineBlock,
  type ManifestBlock,
  type ProcessBlock,
  readManifest,
  readProcess,
} from "./manifest.ts";
import { decodeMemory } from "./memory.ts";
import { cborToValues } from "./parts.ts";
import { cborToPlain, type PlainReader } from "./plain.ts";
import type {
  Frame,
  MachineState,
  MemoryState,
  ModuleState,
  NestedState,
  Pending,
  Plain,
  ProcessState,
  TreeState,
} from "./state.ts";

export interface DecodeOptions {
  /** Needed where the image is a difference. */
  readonly base?: Base;
  readonly limits?: Partial<ImageLimits>;
  /** What is left of the limits, where several images share them; instead of `limits`. */
  readonly left?: ImageBudget;
  readonly hasher?: Hasher;
  /** Whatever needs the module or the kernel's knowledge; returns what is wrong as "frame 3: has no safepoint 7". */
  readonly check?: (process: ProcessState, init: { index: number; tree: TreeState }) => string | undefined;
}

/** What is left of limits. */
export type ImageBudget = { -readonly [key in keyof ImageLimits]: number };

export function imageBudget(limits: Partial<ImageLimits> = {}): ImageBudget {
  return { ...DEFAULT_LIMITS, ...limits };
}

/** CID of 4096 zero bytes, which are never stored. */
export const ZERO_PAGE_CID = "bafkreifnp6wlewdpy3uwnqae27i5c2ycj5mal734wr6hvbo2xwfurcjmu4";

export function decodeImage(image: Image, options: DecodeOptions = {}): TreeState {
  verifyImage(image, options.hasher);
  const { base } = options;
  if (image.base !== null && image.base !== base?.root) throw needsBase(image);
  const source: BlockSource = (cid) => image.blocks.get(cid) ?? base?.block(cid);
  const left = options.left ?? imageBudget(options.limits);
  const manifest = readManifest(requireCbor(source, textToCid(image.root), "manifest"));
  const processes = { limit: "processesMax", amount: manifest.processes.length, unit: "processes" } as const;
  take(left, { ...processes, where: "manifest: processes" });
  const reader: Reader = {
    source,
    options,
    manifest,
    left,
  };
  const state: TreeState = {
    rewriter: manifest.rewriter,
    gasSchedule: manifest.gasSchedule,
    modules: manifest.modules.map((cid, index) => decodeModule(cid, `module ${index}`, source)),
    images: manifest.images.map((cid, index) => {
      requireBlock(source, cid, `held image ${index}`);
      return makeVerifiedImage({ root: cidToText(cid), base: image.base, blocks: image.blocks });
    }),
    processes: manifest.processes.map((cid, index) => decodeProcess(cid, index, reader)),
    kernel: cborToPlain(manifest.kernel, reader),
  };
  if (formatVersion(state) !== manifest.version) {
    const what = `is ${manifest.version}, and what it holds is written as ${formatVersion(state)}`;
    throw new ImageError({ code: "not-canonical", where: "manifest: version", what });
  }
  checkProcesses(state, options);
  return state;
}

export function needsBase(image: { readonly root: string; readonly base: string | null }): ImageError {
  return new ImageError({
    code: "needs-base",
    where: "image",
    what: `holds only the difference to the image ${image.base}`,
    advice: "give that image as its base",
  });
}

interface Reader extends PlainReader {
  readonly source: BlockSource;
  readonly options: DecodeOptions;
  readonly manifest: ManifestBlock;
  /** Each is taken before anything of that size is made. */
  readonly left: ImageBudget;
}

function take(
  left: ImageBudget,
  init: { limit: keyof ImageLimits; amount: number; unit: string; where: string },
): void {
  const { limit, amount, unit, where } = init;
  if (amount > left[limit]) {
    throw new ImageError({
      code: "limit",
      where,
      what: `has ${amount} ${unit}, ${left[limit]} more are accepted`,
    });
  }
  left[limit] -= amount;
}

function decodeModule(cid: Uint8Array, where: string, source: BlockSource): ModuleState {
  const name = cidToText(cid);
  const bytes = source(name);
  if (bytes !== undefined && bytes.length > MODULE_BYTES_MAX) {
    throw new ImageError({ code: "limit", where, what: `has ${bytes.length} bytes, the limit is ${MODULE_BYTES_MAX}` });
  }
  return { cid: name, bytes };
}

function decodeProcess(cid: Uint8Array, index: number, reader: Reader): ProcessState {
  const where = `process ${index}`;
  const { source, options, manifest } = reader;
  const block: ProcessBlock = readProcess(new Field(requireCbor(source, cid, where), where));
  const module = manifest.modules[block.module];
  if (module === undefined) throw new Field(block.module, `${where}: module`).fail("names no module of the image");
  if (block.parent >= index) throw new Field(block.parent, `${where}: parent`).fail("does not come before it");
  const partner = options.base?.partner({ index, module: cidToText(module) });
  const plainBlock = (link: Uint8Array, name: string): Plain =>
    cborToPlain(new Field(requireCbor(source, link, name), name), reader);
  return {
    parent: block.parent,
    module: block.module,
    guest: { kind: block.guestKind, state: plainBlock(block.guestState, `${where}: guest state`) },
    machine: block.machine === null ? null : decodeMachine(block.machine, { where, partner, reader }),
    meter: block.meter,
    status: block.status,
    clist: readChunks(block.clist, { size: CLIST_CHUNK, reader }).map((entry, position) =>
      cborToPlain(new Field(entry, `${where}: clist ${position}`), reader),
    ),
    mailbox: block.mailbox.map((link, at) => plainBlock(link, `${where}: mailbox ${at}`)),
    kernel: cborToPlain(block.kernel, reader),
  };
}

interface MachineContext {
  readonly where: string;
  readonly partner: BaseProcess | undefined;
  readonly reader: Reader;
}

function decodeMachine(block: MachineBlock, context: MachineContext): MachineState {
  const { where, reader } = context;
  return {
    memories: decodeMemories(block, context),
    tables: block.tables.map((list, index) => decodeElements(list, index, context)),
    globals: block.globals,
    droppedData: block.droppedData,
    droppedElements: block.droppedElements,
    ...decodeCall(block, where, reader),
    ...(block.nested === undefined
      ? {}
      : { nested: block.nested.map((call, at) => decodeCall(call, `${where}: nested ${at}`, reader)) }),
    counters: block.counters,
  };
}

function decodeCall(call: CallBlock, where: string, reader: Reader): NestedState {
  return { frames: decodeFrames(call.frames, `${where}: frame`, reader), pending: decodePending(call.pending, reader) };
}

function decodeMemories(block: MachineBlock, { where, partner, reader }: MachineContext): MemoryState[] {
  return block.memories.map((memory, at) => {
    const name = `${where}: memory ${at}`;
    take(reader.left, { limit: "memoryWasmPagesMax", amount: memory.pages, unit: "pages of 64 KiB", where: name });
    return decodeMemory(memory, {
      source: reader.source,
      base: partner?.memories[at],
      where: name,
      zeroPage: ZERO_PAGE_CID,
    });
  });
}

/** The items of a list that is cut every `size` items. */
function readChunks(list: ChunkedList, init: { size: number; reader: Reader }): unknown[] {
  const ends = chunkEnds(list.length, init.size);
  const whole = new Field(list, list.where);
  if (ends.length !== list.chunks.length) throw whole.fail(`has ${list.chunks.length} blocks for ${list.length} items`);
  const items: unknown[] = [];
  for (const [index, cid] of list.chunks.entries()) {
    const block = new Field(requireCbor(init.reader.source, cid, list.where), list.where);
    for (const item of block.array(init.size, "items")) items.push(item);
    if (items.length !== ends[index]) throw block.fail(`block ${index} does not hold the items that it should`);
  }
  return items;
}

/** Tables hardly ever change: one that is the base's is not read again. */
function decodeElements(
  list: ChunkedList,
  index: number,
  { partner, reader }: MachineContext,
): readonly (number | null)[] {
  take(reader.left, { limit: "tableElementsMax", amount: list.length, unit: "elements", where: list.where });
  const baseElements = partner?.state.machine?.tables[index];
  const baseChunks = partner?.elements[index];
  if (baseElements?.length === list.length && baseChunks !== undefined && sameCids(list.chunks, baseChunks))
    return baseElements;
  return readChunks(list, { size: ELEMENTS_CHUNK, reader }).map((item, index) =>
    item === null ? null : new Field(item, `${list.where} ${index}`).integer(0, FUNCTIONS_MAX),
  );
}

function sameCids(cids: readonly Uint8Array[], others: readonly Uint8Array[]): boolean {
  return cids.length === others.length && cids.every((cid, at) => equalBytes(cid, others[at] as Uint8Array));
}

function decodeFrames(list: ChunkedList, name: string, reader: Reader): Frame[] {
  take(reader.left, { limit: "framesMax", amount: list.length, unit: "frames", where: list.where });
  const whole = new Field(list, list.where);
  const frames: Frame[] = [];
  const ends: number[] = [];
  for (const cid of list.chunks) {
    const block = new Field(requireCbor(reader.source, cid, list.where), list.where);
    for (const item of block.array(FRAMES_CHUNK, "frames")) {
      frames.push(decodeFrame(new Field(item, `${name} ${frames.length}`), reader));
    }
    ends.push(frames.length);
  }
  if (frames.length !== list.length) throw whole.fail(`holds ${frames.length} frames instead of ${list.length}`);
  if (frameChunkEnds(frames).join() !== ends.join()) {
    throw whole.fail("are not cut into blocks as they should be", "not-canonical");
  }
  return frames;
}

function decodeFrame(field: Field, reader: Reader): Frame {
  const [func, point, values] = field.array(3, "parts");
  if (values === undefined) throw field.fail("is not a list of function, safepoint and values");
  const frame = {
    func: new Field(func, `${field.where}: func`).integer(0, FUNCTIONS_MAX),
    point: new Field(point, `${field.where}: point`).integer(0, FRAME_POINTS_MAX),
    values: cborToValues(new Field(values, field.where)),
  };
  take(reader.left, { limit: "frameValuesMax", amount: frame.values.length, unit: "values", where: field.where });
  return frame;
}

function decodePending(field: Field, reader: Reader): Pending {
  const kind = field.record().kind;
  switch (kind) {
    case "call": {
      const isOpen = field.record().open !== undefined;
      const fields = field.map(["kind", "func", "args", "state", ...(isOpen ? ["open" as const] : [])]);
      if (isOpen && field.record().open !== true) throw field.fail("has open that is not true", "not-canonical");
      return {
        kind,
        func: fields.func.integer(0, FUNCTIONS_MAX),
        args: cborToValues(fields.args),
        state: cborToPlain(fields.state, reader),
        ...(isOpen ? { open: true } : {}),
      };
    }
    case "answered": {
      const fields = field.map(["kind", "func", "values"]);
      return { kind, func: fields.func.integer(0, FUNCTIONS_MAX), values: cborToValues(fields.values) };
    }
    case "results":
      return { kind, values: cborToValues(field.map(["kind", "values"]).values) };
    default:
      return { kind: field.map(["kind"]).kind.oneOf(["none"]) };
  }
}

function checkProcesses(tree: TreeState, options: DecodeOptions): void {
  if (options.check === undefined) return;
  for (const [index, process] of tree.processes.entries()) {
    const wrong = options.check(process, { index, tree });
    if (wrong !== undefined) throw new ImageError({ code: "refused", where: `process ${index}`, what: wrong });
  }
}
