/**
 * A program: one module, rewritten and compiled once, shared by all processes that run it; with its continuations, which
 * are made when a frame is first resumed and kept.
 * @module
 */

import { decodeModule, rewriting, type ValueType, validateModule, WasmError, type WasmModule } from "../wasm/index.ts";

export interface Program {
  readonly module: WasmModule;
  readonly hot: WebAssembly.Module;
  readonly functions: FunctionTable;
  /** Whether no instruction of the module can change a table. */
  readonly tablesFixed: boolean;
  /** What a fresh instance has in its tables: kept once known, if tables are fixed. */
  initialTables: readonly (readonly (number | null)[])[] | undefined;
  /** Segments that instructions of the module can drop. */
  readonly droppable: { readonly data: readonly number[]; readonly elements: readonly number[] };
  continuation(func: number, point: number, resumption: rewriting.Resumption): Continuation;
  /** Makes a part of the continuation that takes results, if there is something to make; true when all is there. */
  prepare(func: number, point: number): boolean;
  /** Types of what is saved at a safepoint, and of the results that it waits for; undefined if there is none such. */
  point(func: number, point: number): PointTypes | undefined;
}

export interface Continuation {
  readonly module: WebAssembly.Module;
  /** What it imports of the hot instance: exports by name, and functions by original index. */
  readonly hotImports: readonly { readonly name: string; readonly func: number | undefined }[];
}

export interface PointTypes {
  readonly kind: "entry" | "loop" | "call" | "bulk";
  readonly values: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** What the machine asks of each function, by original index. */
export interface FunctionTable {
  isBounded(func: number): boolean;
  frameSlots(func: number): number;
  /** Number of the function's first safepoint among all of the module's. */
  pointBase(func: number): number;
  /** The function that has safepoint `id`, counted over the module. */
  functionOfPoint(id: number): number;
  /** The move that a safepoint is before; undefined if it is at something else. */
  moveAt(func: number, point: number): rewriting.Move | undefined;
}

/** Where bytes are kept by a name: letters, digits, dots and dashes. */
export interface ByteStore {
  get(key: string): Uint8Array | undefined;
  put(key: string, bytes: Uint8Array): void;
}

export interface ProgramInit {
  /** The original module. */
  readonly bytes: Uint8Array;
  /** Where this program's continuations of large functions are kept: to plan such a function, and to make one, takes long. */
  readonly continuations?: ByteStore | undefined;
  /** What `rewriteModule` made of it before: from a cache, by content. */
  readonly rewritten?: Uint8Array;
  /** A compiled form of it, as posted from another thread. */
  readonly hot?: WebAssembly.Module;
}

/**
 * Decodes, validates, rewrites and compiles.
 *
 * @throws WasmError for a module that is malformed, invalid or unsupported; also where this engine refuses it
 */
export function makeProgram(init: ProgramInit): Program {
  const module = decodeModule(init.bytes);
  if (init.hot === undefined && init.rewritten === undefined) validateModule(module);
  const hot = init.hot ?? compile(init.rewritten ?? rewriting.rewriteModule(module));
  const [section] = WebAssembly.Module.customSections(hot, rewriting.METADATA);
  if (section === undefined)
    throw new WasmError("malformed", "the rewritten module has no table of functions; empty the cache");
  return new RewrittenProgram({ module, hot, store: init.continuations }, new Uint8Array(section));
}

function compile(bytes: Uint8Array): WebAssembly.Module {
  try {
    return new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new WasmError("unsupported", `this engine refuses the rewritten module: ${reason}`);
  }
}

const POINTS_PER_FUNCTION_MAX = 2 ** 20;
/** Continuations of smaller functions are made faster than they are read from a disk. */
const KEPT_BODY_BYTES_MIN = 4096;

interface ProgramParts {
  readonly module: WasmModule;
  readonly hot: WebAssembly.Module;
  readonly store: ByteStore | undefined;
}

class RewrittenProgram implements Program {
  readonly module: WasmModule;
  readonly hot: WebAssembly.Module;
  readonly functions: FunctionTable;
  readonly tablesFixed: boolean;
  initialTables: readonly (readonly (number | null)[])[] | undefined;
  readonly #plans = new Map<number, rewriting.FunctionPlan>();
  readonly droppable: { readonly data: readonly number[]; readonly elements: readonly number[] };
  readonly #continuations = new Map<string, Continuation>();
  /** Those that are being made part by part. */
  readonly #underWay = new Map<string, Generator<void, Continuation>>();
  readonly #store: ByteStore | undefined;

  constructor({ module, hot, store }: ProgramParts, metadataBytes: Uint8Array) {
    const metadata = rewriting.readMetadata(metadataBytes);
    this.module = module;
    this.hot = hot;
    this.#store = store;
    this.functions = makeFunctionTable(module, metadata);
    this.tablesFixed = metadata.every((item) => !item.changesTables);
    this.droppable = droppableSegments(module, hot);
  }

  continuation(func: number, point: number, resumption: rewriting.Resumption): Continuation {
    const known = this.#continuations.get(continuationKey(func, point, resumption));
    return known ?? rewriting.allParts(this.#make(func, point, resumption));
  }

  prepare(func: number, point: number): boolean {
    const key = continuationKey(func, point, "results");
    if (this.#continuations.has(key)) return true;
    const parts = this.#underWay.get(key) ?? this.#make(func, point, "results");
    this.#underWay.delete(key);
    if (parts.next().done !== true) this.#underWay.set(key, parts);
    return false;
  }

  *#make(func: number, point: number, resumption: rewriting.Resumption): Generator<void, Continuation> {
    const key = continuationKey(func, point, resumption);
    const store = this.#storeOf(func);
    let bytes = store?.get(key);
    if (bytes === undefined) {
      const plan = this.#plans.get(func) ?? (yield* this.#makePlan(func));
      bytes = yield* rewriting.continuationInParts({
        ...plan,
        point,
        resumption,
        pointBase: this.functions.pointBase(func),
        isBounded: (callee) => this.functions.isBounded(callee),
      });
      store?.put(key, bytes);
    }
    const module = compile(bytes);
    const continuation = { module, hotImports: hotImportsOf(module) };
    this.#continuations.set(key, continuation);
    return continuation;
  }

  #storeOf(func: number): ByteStore | undefined {
    const body = this.module.bodies[func - this.module.importedFunctions];
    return body !== undefined && body.end - body.start >= KEPT_BODY_BYTES_MIN ? this.#store : undefined;
  }

  point(func: number, point: number): PointTypes | undefined {
    if (func < this.module.importedFunctions || func >= this.module.functions.length) return undefined;
    if (point < 0 || point >= POINTS_PER_FUNCTION_MAX) return undefined;
    const { plan } = this.#plans.get(func) ?? rewriting.allParts(this.#makePlan(func));
    const planned = plan.points[point];
    if (planned === undefined) return undefined;
    return { kind: planned.kind, values: planned.slots.map((slot) => slot.type), results: planned.results };
  }

  *#makePlan(func: number): Generator<void, rewriting.FunctionPlan> {
    const plan = yield* rewriting.planInParts(this.module, func, (callee) => this.functions.isBounded(callee));
    this.#plans.set(func, plan);
    yield;
    return plan;
  }
}

function continuationKey(func: number, point: number, resumption: rewriting.Resumption): string {
  return `${func}-${point}-${resumption}`;
}

const HOT_FUNCTION: string = rewriting.hotFunctionName(0).slice(0, -1);

function hotImportsOf(module: WebAssembly.Module): Continuation["hotImports"] {
  return WebAssembly.Module.imports(module)
    .filter((item) => item.module === rewriting.HOT)
    .map(({ name }) => ({
      name,
      func: name.startsWith(HOT_FUNCTION) ? Number(name.slice(HOT_FUNCTION.length)) : undefined,
    }));
}

function droppableSegments(module: WasmModule, hot: WebAssembly.Module): Program["droppable"] {
  const names = new Set(WebAssembly.Module.exports(hot).map(({ name }) => name));
  const { droppedData, droppedElement } = rewriting.exportOf;
  const those = (segments: readonly unknown[], name: (i: number) => string): number[] =>
    [...segments.keys()].filter((i) => names.has(name(i)));
  return { data: those(module.data, droppedData), elements: those(module.elements, droppedElement) };
}

function makeFunctionTable(module: WasmModule, metadata: readonly rewriting.FunctionMetadata[]): FunctionTable {
  const first = module.importedFunctions;
  const bases = new Uint32Array(metadata.length + 1);
  metadata.forEach((item, i) => {
    bases[i + 1] = (bases[i] as number) + item.points;
  });
  const at = (func: number): rewriting.FunctionMetadata | undefined => metadata[func - first];
  return Object.freeze({
    isBounded: (func: number) => at(func)?.bounded === true,
    // Frames of bounded functions are never on the saved stack, and not counted.
    frameSlots: (func: number) => (at(func)?.bounded === true ? 0 : (at(func)?.frameSlots ?? 0)),
    pointBase: (func: number) => bases[func - first] as number,
    functionOfPoint: (id: number) => first + lastNotAbove(bases, id),
    moveAt(func: number, point: number) {
      const moves = at(func)?.moves;
      return moves === undefined || moves.length === 0 ? undefined : moves.find((move) => move.point === point);
    },
  });
}

/** Index of the last entry that is not above `value`, in an ascending array that starts with 0. */
function lastNotAbove(ascending: Uint32Array, value: number): number {
  let low = 0;
  let high = ascending.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((ascending[middle] as number) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
