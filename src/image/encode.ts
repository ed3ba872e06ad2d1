/**
 * From the state of processes to an image. The root depends on the state alone; a base only saves work and blocks.
 * @module
 */

import type { Base, BaseProcess } from "./base.ts";
import { type Image, makeVerifiedImage, orderBlocks, verifyImage } from "./blocks.ts";
import { cidToLink, encodeCbor, encodeKnownCbor } from "./cbor.ts";
import { chunkEnds, frameChunkEnds } from "./chunks.ts";
import { cidToText, defaultHasher, type Hasher, makeCid, moduleCid, textToCid } from "./cid.ts";
import { ImageError } from "./errors.ts";
import { Field, SAFE_MAX } from "./fields.ts";
import {
  CLIST_CHUNK,
  CLIST_MAX,
  ELEMENTS_CHUNK,
  FRAME_POINTS_MAX,
  FRAMES_MAX,
  FUNCTIONS_MAX,
  GLOBALS_MAX,
  IMAGES_MAX,
  MAILBOX_MAX,
  MEMORIES_MAX,
  MEMORY_WASM_PAGES_MAX,
  MODULE_BYTES_MAX,
  MODULES_MAX,
  NAME_LENGTH_MAX,
  NESTED_CALLS_MAX,
  SEGMENTS_MAX,
  TABLE_ELEMENTS_MAX,
  TABLES_MAX,
  WASM_PAGE_BYTES,
} from "./limits.ts";
import { formatVersion, MANIFEST_FORMAT } from "./manifest.ts";
import { type BlockSink, encodeMemory } from "./memory.ts";
import { readCounters, readMeter, readStatus, valuesToCbor } from "./parts.ts";
import { type PutRaw, plainToCbor } from "./plain.ts";
import type {
  Frame,
  MachineState,
  ModuleState,
  NestedState,
  Pending,
  ProcessState,
  TreeState,
  Value,
} from "./state.ts";

export interface EncodeOptions {
  /** Blocks that it has are left out of the image; pages that equal its pages are not hashed. */
  readonly base?: Base;
  readonly hasher?: Hasher;
  /** false: leave modules out; the receiver has them. Default true. */
  readonly withModule?: boolean;
}

interface Sink extends BlockSink {
  readonly base: Base | undefined;
  put(codec: "raw" | "dag-cbor", bytes: Uint8Array): Uint8Array;
  putCbor(value: unknown, where: string): unknown;
  readonly putRaw: PutRaw;
}

export function encodeImage(state: TreeState, options: EncodeOptions = {}): Image {
  const blocks = new Map<string, Uint8Array>();
  const sink = makeSink(blocks, options);
  checkTree(state);
  const modules = state.modules.map((module, index) => {
    const where = `module ${index}`;
    const cid = new Field(cidToLink(textToCid(module.cid)), where).link("raw");
    const wanted = options.withModule ?? true;
    if (wanted && module.bytes !== undefined && !sink.base?.has(module.cid)) {
      blocks.set(module.cid, checkedModule(module, sink.hasher, where));
    }
    return cidToLink(cid);
  });
  const images = state.images.map((image) => cidToLink(putImage(image, blocks, sink)));
  const processes = state.processes.map((process, index) => encodeProcess(process, { state, index, sink }));
  const manifest = encodeKnownCbor(
    {
      format: MANIFEST_FORMAT,
      version: formatVersion(state),
      rewriter: new Field(state.rewriter, "rewriter").text(NAME_LENGTH_MAX),
      gasSchedule: new Field(state.gasSchedule, "gasSchedule").integer(0, SAFE_MAX),
      modules,
      images,
      processes,
      kernel: plainToCbor(state.kernel, "kernel", sink.putRaw),
    },
    "manifest",
  );
  // The root is always there, even if it is the base's own.
  const root = cidToText(makeCid("dag-cbor", sink.hasher(manifest)));
  blocks.set(root, manifest);
  return makeVerifiedImage({ root, base: options.base?.root ?? null, blocks });
}

function makeSink(blocks: Map<string, Uint8Array>, options: EncodeOptions): Sink {
  const { base, hasher = defaultHasher } = options;
  const putHashed: BlockSink["putHashed"] = ({ codec, hash, bytes, copy }) => {
    const cid = makeCid(codec, hash);
    const text = cidToText(cid);
    if (!blocks.has(text) && !base?.has(text)) blocks.set(text, copy ? bytes.slice() : bytes);
    return cid;
  };
  const put: Sink["put"] = (codec, bytes) => putHashed({ codec, hash: hasher(bytes), bytes, copy: codec === "raw" });
  return {
    base,
    hasher,
    putHashed,
    put,
    putCbor: (value, where) => cidToLink(put("dag-cbor", encodeCbor(value, where))),
    putRaw: (bytes) => put("raw", bytes),
  };
}

function checkTree(state: TreeState): void {
  const whole = new Field(state, "image");
  if (state.processes.length === 0) throw whole.fail("has no process");
  new Field(state.modules, "modules").array(MODULES_MAX, "entries");
  new Field(state.images, "images").array(IMAGES_MAX, "entries");
}

/** Hashes are remembered by the very bytes, since the same module is frozen again and again. */
const knownModules = new WeakMap<Uint8Array, string>();

function checkedModule(module: ModuleState, hasher: Hasher, where: string): Uint8Array {
  const bytes = module.bytes as Uint8Array;
  const field = new Field(bytes, where);
  if (bytes.length > MODULE_BYTES_MAX)
    throw field.fail(`has ${bytes.length} bytes, the limit is ${MODULE_BYTES_MAX}`, "limit");
  let cid = knownModules.get(bytes);
  if (cid === undefined) {
    cid = moduleCid(bytes, hasher);
    knownModules.set(bytes, cid);
  }
  if (cid !== module.cid) throw field.fail("its bytes do not have the hash in its name", "wrong-hash");
  return bytes;
}

function putImage(image: Image, blocks: Map<string, Uint8Array>, sink: Sink): Uint8Array {
  verifyImage(image, sink.hasher);
  const base = sink.base;
  if (image.base !== null && image.base !== base?.root) {
    throw new ImageError({
      code: "needs-base",
      where: `held image ${image.root}`,
      what: `is a difference against ${image.base}`,
      advice: "complete it before it is held by another image, or encode both against the same base",
    });
  }
  const find = (cid: string): Uint8Array | undefined => (base?.has(cid) ? undefined : image.blocks.get(cid));
  for (const { cid, bytes } of orderBlocks(image.root, find)) blocks.set(cid, bytes);
  return textToCid(image.root);
}

interface ProcessContext {
  readonly state: TreeState;
  readonly index: number;
  readonly sink: Sink;
}

function encodeProcess(process: ProcessState, { state, index, sink }: ProcessContext): unknown {
  const where = `process ${index}`;
  const module = state.modules[process.module];
  if (module === undefined) throw new Field(process.module, `${where}: module`).fail("names no module of the image");
  const partner = sink.base?.partner({ index, module: module.cid });
  const clist = new Field(process.clist, `${where}: clist`).array(CLIST_MAX, "entries");
  const mailbox = new Field(process.mailbox, `${where}: mailbox`).array(MAILBOX_MAX, "messages");
  const plain = (value: unknown, name: string): unknown => plainToCbor(value, `${where}: ${name}`, sink.putRaw);
  const block = encodeKnownCbor(
    {
      parent: new Field(process.parent, `${where}: parent`).integer(-1, index - 1),
      module: process.module,
      guest: {
        kind: new Field(process.guest.kind, `${where}: guest: kind`).text(NAME_LENGTH_MAX),
        state: sink.putCbor(plain(process.guest.state, "guest: state"), `${where}: guest: state`),
      },
      machine: process.machine === null ? null : encodeMachine(process.machine, { where, partner, sink }),
      meter: readMeter(new Field(process.meter, `${where}: meter`)),
      status: readStatus(new Field(process.status, `${where}: status`)),
      clist: putChunks(clist.length, chunkEnds(clist.length, CLIST_CHUNK), (start, end) =>
        sink.putCbor(
          clist.slice(start, end).map((entry, at) => plain(entry, `clist ${start + at}`)),
          `${where}: clist`,
        ),
      ),
      mailbox: mailbox.map((message, at) => sink.putCbor(plain(message, `mailbox ${at}`), `${where}: mailbox ${at}`)),
      kernel: plain(process.kernel, "kernel"),
    },
    where,
  );
  return cidToLink(sink.put("dag-cbor", block));
}

interface MachineContext {
  readonly where: string;
  readonly partner: BaseProcess | undefined;
  readonly sink: Sink;
}

function encodeMachine(machine: MachineState, context: MachineContext): unknown {
  const { where, partner, sink } = context;
  const segments = { max: FUNCTIONS_MAX, countMax: SEGMENTS_MAX, unit: "segments" };
  new Field(machine.memories, `${where}: memories`).array(MEMORIES_MAX, "memories");
  new Field(machine.tables, `${where}: tables`).array(TABLES_MAX, "tables");
  const globals = new Field(machine.globals, `${where}: globals`);
  if (machine.globals.length > GLOBALS_MAX) throw globals.fail(`are more than ${GLOBALS_MAX}`, "limit");
  return {
    memories: machine.memories.map((memory, index) => {
      const field = new Field(memory.pages, `${where}: memory ${index}: pages`);
      if (memory.bytes.length !== field.integer(0, MEMORY_WASM_PAGES_MAX) * WASM_PAGE_BYTES) {
        throw field.fail(`is ${memory.pages} but there are ${memory.bytes.length} bytes`);
      }
      const tables = encodeMemory(memory, partner?.memories[index], sink);
      return { pages: memory.pages, tables: tables.map((cid) => (cid === null ? null : cidToLink(cid))) };
    }),
    tables: machine.tables.map((elements, index) => encodeElements(elements, index, context)),
    globals: valuesToCbor(machine.globals, globals),
    droppedData: new Field(machine.droppedData, `${where}: droppedData`).ascending(segments),
    droppedElements: new Field(machine.droppedElements, `${where}: droppedElements`).ascending(segments),
    ...encodeCall(machine, context),
    counters: readCounters(new Field(machine.counters, `${where}: counters`)),
    ...encodeNested(machine, context),
  };
}

function encodeCall(
  call: NestedState,
  context: MachineContext,
): { readonly frames: unknown; readonly pending: unknown } {
  return { frames: encodeFrames(call.frames, context), pending: encodePending(call.pending, context) };
}

function encodeNested({ nested }: MachineState, context: MachineContext): { readonly nested?: unknown } {
  if (nested === undefined) return {};
  const list = new Field(nested, `${context.where}: nested`);
  if (list.array(NESTED_CALLS_MAX, "calls").length === 0) throw list.fail("is empty, where it should not be there");
  return {
    nested: nested.map((call, at) => encodeCall(call, { ...context, where: `${context.where}: nested ${at}` })),
  };
}

function putChunks(length: number, ends: readonly number[], put: (start: number, end: number) => unknown): unknown {
  let start = 0;
  const chunks = ends.map((end) => {
    const link = put(start, end);
    start = end;
    return link;
  });
  return { length, chunks };
}

/** Tables hardly ever change after a program has started, so the base's blocks are taken where the elements are the same. */
function encodeElements(elements: readonly (number | null)[], index: number, context: MachineContext): unknown {
  const { partner, sink } = context;
  const where = `${context.where}: table ${index}`;
  if (elements.length > TABLE_ELEMENTS_MAX) {
    throw new Field(elements, where).fail(
      `has ${elements.length} elements, the limit is ${TABLE_ELEMENTS_MAX}`,
      "limit",
    );
  }
  const baseElements = partner?.state.machine?.tables[index];
  const baseChunks = partner?.elements[index];
  return putChunks(elements.length, chunkEnds(elements.length, ELEMENTS_CHUNK), (start, end) => {
    const baseChunk = baseChunks?.[start / ELEMENTS_CHUNK];
    const baseEnd = Math.min(start + ELEMENTS_CHUNK, baseElements?.length ?? 0);
    if (baseChunk !== undefined && baseElements !== undefined && baseEnd === end) {
      let same = true;
      for (let i = start; i < end && same; i++) same = elements[i] === baseElements[i];
      if (same) return cidToLink(baseChunk);
    }
    const chunk = elements.slice(start, end);
    for (const element of chunk) if (element !== null) new Field(element, where).integer(0, FUNCTIONS_MAX);
    return sink.putCbor(chunk, where);
  });
}

function encodeFrames(frames: readonly Frame[], { where, sink }: MachineContext): unknown {
  const field = new Field(frames, `${where}: frames`);
  field.array(FRAMES_MAX, "frames");
  return putChunks(frames.length, frameChunkEnds(frames), (start, end) =>
    sink.putCbor(
      frames.slice(start, end).map((frame, at) => {
        const name = `${where}: frame ${start + at}`;
        return [
          new Field(frame.func, `${name}: func`).integer(0, FUNCTIONS_MAX),
          new Field(frame.point, `${name}: point`).integer(0, FRAME_POINTS_MAX),
          encodeValues(frame.values, name),
        ];
      }),
      field.where,
    ),
  );
}

function encodeValues(values: readonly Value[], where: string): unknown[] {
  return valuesToCbor(values, new Field(values, where));
}

function encodePending(pending: Pending, { where, sink }: MachineContext): unknown {
  const name = `${where}: pending`;
  switch (pending.kind) {
    case "none":
      return { kind: "none" };
    case "results":
      return { kind: "results", values: encodeValues(pending.values, name) };
    case "call":
      return {
        kind: "call",
        func: new Field(pending.func, `${name}: func`).integer(0, FUNCTIONS_MAX),
        args: encodeValues(pending.args, name),
        state: plainToCbor(pending.state, `${name}: state`, sink.putRaw),
        ...(pending.open === true ? { open: true } : {}),
      };
    case "answered":
      return {
        kind: "answered",
        func: new Field(pending.func, `${name}: func`).integer(0, FUNCTIONS_MAX),
        values: encodeValues(pending.values, name),
      };
    default:
      return neverPending(pending);
  }
}

function neverPending(pending: never): never {
  throw new TypeError(`pending: expected a known kind, got ${JSON.stringify((pending as Pending).kind)}`);
}
