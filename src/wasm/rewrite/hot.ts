/**
 * The hot module: the whole guest with gas, safepoints and determinism, and no code for resuming. That is in the
 * continuations (continuation.ts), which are made when a frame is first resumed.
 * @module
 */

import { ByteReader, ByteWriter } from "../../bytes/index.ts";
import { writeLimits, writeTableType } from "../encode.ts";
import { WasmError } from "../errors.ts";
import { F32, F64, type FunctionType, I32, V128, type ValueType, type WasmModule } from "../module.ts";
import * as o from "../opcodes.ts";
import * as section from "../sections/section-ids.ts";
import { analyseFlow } from "./analyse-flow.ts";
import { makeBody } from "./body.ts";
import { findBounded, frameSlots } from "./bounded.ts";
import { emitFromCarriers, emitToCarrier } from "./carry.ts";
import type { CodeWriter } from "./code-writer.ts";
import { FunctionEmitter } from "./emit-function.ts";
import type { EmitInit, Form } from "./emit-safepoint.ts";
import { refuse } from "./flow.ts";
import {
  countFunctionSegments,
  FILL_TYPE,
  makeFill,
  writeFunctionSegments,
  writeFunctionTable,
} from "./function-table.ts";
import { finishEntry, makeHostCall, newCode, withGas } from "./helpers.ts";
import { HotTarget } from "./hot-layout.ts";
import * as w from "./module-writer.ts";
import { CodeEntries, type CodeEntry, ModuleWriter } from "./module-writer.ts";
import { findMoves, type Move } from "./moves.ts";
import { makePlan } from "./plan.ts";
import {
  carriers,
  EXPORT_DEPTH,
  EXPORT_FILL,
  EXPORT_FUNCTIONS,
  EXPORT_GAS,
  EXPORT_MEMORY,
  exportOf,
  GUEST_IMPORTS,
  METADATA,
  RUNTIME,
  RUNTIME_FUNCTIONS,
} from "./runtime-abi.ts";
import { writeDataSegment, writeElementSegment, writeGlobal } from "./segments.ts";

/** Stack slots of one frame, at most: every engine must have room for one. */
export const FRAME_SLOTS_MAX = 20_000;
/** What the output is to the input, about: room that is made at once. */
const OUTPUT_FACTOR = 2;
/** Room for the code of one function, to begin with. */
const CODE_BYTES = 1 << 16;
/** Real modules double; one that is made to grow much more is made to exhaust the host. */
const OUTPUT_FACTOR_MAX = 10;
const OUTPUT_BYTES_BASE = 1 << 20;
/** What a function returns as gas after it has handed its frame over. */
const STOPPED = -1;

/** What is known of a function beside its code; by defined function. */
export interface FunctionMetadata {
  readonly bounded: boolean;
  /** Has an instruction that changes a table. */
  readonly changesTables: boolean;
  readonly points: number;
  readonly frameSlots: number;
  readonly moves: readonly Move[];
}

const FLAG_BOUNDED = 1;
const FLAG_CHANGES_TABLES = 2;
const FLAG_MOVES = 4;

/** Reads the contents of the custom section `METADATA`. */
export function readMetadata(section: Uint8Array): FunctionMetadata[] {
  const reader = new ByteReader(section);
  const metadata: FunctionMetadata[] = [];
  while (!reader.done) {
    const flags = reader.u8();
    metadata.push({
      bounded: (flags & FLAG_BOUNDED) !== 0,
      changesTables: (flags & FLAG_CHANGES_TABLES) !== 0,
      points: reader.u32(),
      frameSlots: reader.u32(),
      moves: (flags & FLAG_MOVES) === 0 ? NO_MOVES : readMoves(reader),
    });
  }
  return metadata;
}

const NO_MOVES: readonly Move[] = [];

function readMoves(reader: ByteReader): Move[] {
  return Array.from({ length: reader.u32() }, () => {
    const point = reader.u32();
    const kind = reader.u8() === 1 ? "copy" : "fill";
    return { point, kind, operands: reader.u32() };
  });
}

function writeMetadata(out: ByteWriter, metadata: readonly FunctionMetadata[]): void {
  for (const { bounded, changesTables, points, frameSlots, moves } of metadata) {
    const flags = (bounded ? FLAG_BOUNDED : 0) | (changesTables ? FLAG_CHANGES_TABLES : 0);
    out.u8(flags | (moves.length > 0 ? FLAG_MOVES : 0));
    out.u32(points);
    out.u32(frameSlots);
    if (moves.length === 0) continue;
    out.u32(moves.length);
    for (const { point, kind, operands } of moves) {
      out.u32(point);
      out.u8(kind === "copy" ? 1 : 0);
      out.u32(operands);
    }
  }
}

/**
 * Rewrites a validated module.
 *
 * @returns the bytes of the hot module, with a custom section `METADATA`
 * @throws WasmError `unsupported`, naming the function, if something can not be made freezable
 */
export function rewriteModule(module: WasmModule): Uint8Array<ArrayBuffer> {
  checkImports(module);
  const target = new HotTarget(module);
  const bounded = findBounded(module);
  const isBounded = (func: number): boolean => bounded[func] === 1;
  const entries = new CodeEntries(OUTPUT_FACTOR * module.bytes.length);
  const out = new ByteWriter(CODE_BYTES);
  const metadata: FunctionMetadata[] = [];
  let pointBase = 0;
  for (let i = 0; i < module.bodies.length; i++) {
    const func = module.importedFunctions + i;
    const flow = analyseFlow(makeBody(module, func));
    const slots = frameSlots(flow);
    if (slots > FRAME_SLOTS_MAX) {
      throw refuse(flow.body, `needs a frame of ${slots} stack slots; at most ${FRAME_SLOTS_MAX}`);
    }
    const plan = makePlan(flow, isBounded);
    const init = { plan, target, pointBase, isBounded, frameSlots: slots, out };
    emitHot(init, entries);
    metadata.push({
      bounded: isBounded(func),
      changesTables: flow.changesTables,
      points: plan.points.length,
      frameSlots: slots,
      moves: findMoves(plan),
    });
    pointBase += plan.points.length;
    if (entries.length > OUTPUT_BYTES_BASE + OUTPUT_FACTOR_MAX * module.bytes.length) {
      throw refuse(flow.body, `makes the module more than ${OUTPUT_FACTOR_MAX} times as large when rewritten`);
    }
  }
  return assemble(module, target, entries, metadata);
}

function checkImports(module: WasmModule): void {
  for (const item of module.imports) {
    const name = JSON.stringify(`${item.module}.${item.name}`);
    if (item.kind !== "func") {
      throw new WasmError(
        "unsupported",
        `import section: ${name} is a ${item.kind}; a guest may import functions only, so let the module define it`,
      );
    }
    const type = module.types[item.type] as FunctionType;
    if (type.params.includes(V128) || type.results.includes(V128)) {
      throw new WasmError("unsupported", `import section: ${name} passes v128, which the host can not`);
    }
  }
}

function emitHot(init: Omit<EmitInit, "form" | "freeLocal">, entries: CodeEntries): void {
  const { body } = init.plan.flow;
  const parameters = body.type.params.length;
  const emitter = new FunctionEmitter({ ...init, form: hotForm(body.type), freeLocal: body.locals.length + 2 });
  const bounded = init.isBounded(body.func);
  if (!bounded) emitter.openStops();
  emitter.emitEntry(init.isBounded(body.func));
  emitter.openFunction(init.plan.flow.endTargeted);
  emitter.emitBody();
  const { code } = emitter;
  code.get(parameters);
  if (!bounded) {
    code.op(o.OP_RETURN);
    emitter.closeStops();
  }
  code.op(o.OP_END);
  const added = code.addedLocals();
  const own = body.locals.subarray(parameters);
  entries.add(added.length === 0 ? own : [...own, ...added], code.finish());
}

function hotForm(type: FunctionType): Form {
  const gas = type.params.length;
  return {
    gas,
    depth: gas + 1,
    tailCall: true,
    cutsLoops: false,
    local: (original) => (original < gas ? original : original + 2),
    leave: (code) => {
      for (const result of type.results) code.zero(result);
      code.constant(STOPPED);
      code.op(o.OP_RETURN);
    },
    finish: (code) => {
      code.get(gas);
      code.op(o.OP_RETURN);
    },
  };
}

function assemble(
  module: WasmModule,
  target: HotTarget,
  entries: CodeEntries,
  metadata: readonly FunctionMetadata[],
): Uint8Array<ArrayBuffer> {
  const typeOf = (func: number): FunctionType => module.types[module.functions[func] as number] as FunctionType;
  const imports = Array.from({ length: module.importedFunctions }, (_, i) => i);
  const hostCalls = imports.map((i) => makeHostCall(typeOf(i), i, target.gasGlobal, target.depthGlobal));
  // What continuations may need must exist also where the hot code itself does not use it: nothing but these.
  const accessors = makeAccessors(module, target);
  const runtime = [
    ...RUNTIME_FUNCTIONS,
    ...module.tables.map((table, t) => ({
      name: `table.grow ${t}`,
      type: { params: [table.element, I32], results: [I32] },
    })),
  ];
  const functionTypes = [
    ...module.functions.slice(module.importedFunctions).map((type) => target.gasType(type)),
    ...imports.map((i) => target.type(withGas(typeOf(i)))),
    ...target.helpers.map((helper) => target.type(helper.type)),
    ...accessors.map((accessor) => target.type(accessor.type)),
  ];
  const importTypes = imports.map((i) => target.type(typeOf(i)));
  const runtimeTypes = runtime.map((item) => target.type(item.type));
  const tagTypes = module.tags.map((type) => target.type(module.types[type] as FunctionType));
  for (const entry of hostCalls) entries.addEntry(entry);
  for (const { entry } of target.helpers) entries.addEntry(entry);
  for (const { entry } of accessors) entries.addEntry(entry);

  const writer = new ModuleWriter(entries.length + module.bytes.length);
  writer.section(section.SECTION_TYPE, (out) => target.types.write(out));
  writer.vector(
    section.SECTION_IMPORT,
    [
      ...importTypes.map((type, i) => ({ module: GUEST_IMPORTS, name: String(i), type })),
      ...runtime.map((item, i) => ({ module: RUNTIME, name: item.name, type: runtimeTypes[i] as number })),
    ],
    (out, item) => {
      out.name(item.module);
      out.name(item.name);
      out.u8(w.KIND_FUNC);
      out.u32(item.type);
    },
  );
  writer.vector(section.SECTION_FUNCTION, functionTypes, (out, type) => out.u32(type));
  writer.section(section.SECTION_TABLE, (out) => writeTables(out, module));
  writer.vector(section.SECTION_MEMORY, module.memories, (out, limits) => writeLimits(out, limits));
  writer.vector(section.SECTION_TAG, tagTypes, (out, type) => {
    out.u8(0);
    out.u32(type);
  });
  writer.section(section.SECTION_GLOBAL, (out) => writeGlobals(out, module, target));
  writeExports(writer, module, target, accessors);
  writer.section(section.SECTION_ELEMENT, (out) => writeElements(out, module, target));
  if (module.data.length > 0) writer.section(section.SECTION_DATA_COUNT, (out) => out.u32(module.data.length));
  writer.code(entries);
  writer.vector(section.SECTION_DATA, module.data, (out, segment) => writeDataSegment(out, module, segment));
  writer.custom(METADATA, (out) => writeMetadata(out, metadata));
  return writer.finish();
}

function writeTables(out: ByteWriter, module: WasmModule): void {
  out.u32(module.tables.length + 1);
  for (const table of module.tables) writeTableType(out, table);
  writeFunctionTable(out, module);
}

function writeGlobals(out: ByteWriter, module: WasmModule, target: HotTarget): void {
  const flags = module.data.length + module.elements.length;
  out.u32(module.globals.length + 2 + flags);
  for (const [g, global] of module.globals.entries()) writeGlobal(out, module, global, module.globalInits[g], target);
  // Gas, depth, then the flags.
  for (let i = 0; i < 2 + flags; i++) {
    out.u8(I32);
    out.u8(1);
    out.u8(o.OP_I32_CONST);
    out.s32(0);
    out.u8(o.OP_END);
  }
}

function writeElements(out: ByteWriter, module: WasmModule, target: HotTarget): void {
  out.u32(module.elements.length + countFunctionSegments(module));
  for (const segment of module.elements) writeElementSegment(out, module, segment, target);
  writeFunctionSegments(out, module, target);
}

interface Accessor {
  readonly name: string;
  readonly type: FunctionType;
  readonly entry: CodeEntry;
}

function isAwkward(type: ValueType): boolean {
  return type === F32 || type === F64 || type === V128;
}

/** Filling the table of functions; reading and writing of globals whose bits the JavaScript interface would not keep. */
function makeAccessors(module: WasmModule, target: HotTarget): Accessor[] {
  const accessors: Accessor[] = [{ name: EXPORT_FILL, type: FILL_TYPE, entry: makeFill(module, target) }];
  module.globals.forEach((global, g) => {
    if (!isAwkward(global.type)) return;
    const parts = carriers(global.type);
    parts.forEach((carrier, part) => {
      const code = newCode(0);
      code.indexed(o.OP_GLOBAL_GET, g);
      emitToCarrier(code, global.type, part);
      accessors.push({
        name: exportOf.globalGet(g, part),
        type: { params: [], results: [carrier] },
        entry: finishEntry(code),
      });
    });
    if (!global.mutable) return;
    const code: CodeWriter = newCode(parts.length);
    emitFromCarriers(code, global.type, 0);
    code.indexed(o.OP_GLOBAL_SET, g);
    accessors.push({ name: exportOf.globalSet(g), type: { params: parts, results: [] }, entry: finishEntry(code) });
  });
  return accessors;
}

function writeExports(
  writer: ModuleWriter,
  module: WasmModule,
  target: HotTarget,
  accessors: readonly Accessor[],
): void {
  const exports: { name: string; kind: number; index: number }[] = [
    { name: EXPORT_GAS, kind: w.KIND_GLOBAL, index: target.gasGlobal },
    { name: EXPORT_DEPTH, kind: w.KIND_GLOBAL, index: target.depthGlobal },
    { name: EXPORT_FUNCTIONS, kind: w.KIND_TABLE, index: module.tables.length },
  ];
  if (module.memories.length > 0) exports.push({ name: EXPORT_MEMORY, kind: w.KIND_MEMORY, index: 0 });
  for (const index of module.tables.keys()) exports.push({ name: exportOf.table(index), kind: w.KIND_TABLE, index });
  for (const index of module.globals.keys()) exports.push({ name: exportOf.global(index), kind: w.KIND_GLOBAL, index });
  for (const index of module.tags.keys()) exports.push({ name: exportOf.tag(index), kind: w.KIND_TAG, index });
  module.data.forEach((segment, i) => {
    if (segment.mode === "passive")
      exports.push({ name: exportOf.droppedData(i), kind: w.KIND_GLOBAL, index: target.droppedData(i) });
  });
  module.elements.forEach((segment, i) => {
    if (segment.mode === "passive")
      exports.push({ name: exportOf.droppedElement(i), kind: w.KIND_GLOBAL, index: target.droppedElement(i) });
  });
  const firstHelper = target.imported + module.functions.length;
  target.helpers.forEach((helper, i) => {
    if (helper.exportName !== undefined)
      exports.push({ name: helper.exportName, kind: w.KIND_FUNC, index: firstHelper + i });
  });
  accessors.forEach((accessor, i) => {
    exports.push({ name: accessor.name, kind: w.KIND_FUNC, index: firstHelper + target.helpers.length + i });
  });
  writer.vector(section.SECTION_EXPORT, exports, (out, item) => {
    out.name(item.name);
    out.u8(item.kind);
    out.u32(item.index);
  });
}
