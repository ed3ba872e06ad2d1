/**
 * Reads a function's body into instructions (specification 5.4). It trusts that the module was validated.
 * @module
 */

import { ByteReader } from "../../src/bytes/index.ts";
import type { FunctionType, WasmModule } from "../../src/wasm/index.ts";
import { LANE_ACCESSES, LANE_OPERATIONS, MEMORY_ACCESSES, type MemoryImmediate } from "./access.ts";
import { BULK_AND_REFERENCE, REFERENCE_OPERATIONS } from "./bulk.ts";
import { FLOAT_OPERATIONS } from "./float.ts";
import type { Catch, Instruction } from "./instruction.ts";
import { typesToLetters } from "./instruction.ts";
import { INTEGER_OPERATIONS } from "./integer.ts";
import { type Operation, type OperationTable, PREFIX_FC, PREFIX_FD } from "./operation.ts";
import type { Value } from "./values.ts";
import { VECTOR_FLOAT_OPERATIONS } from "./vector-float.ts";
import { VECTOR_INTEGER_OPERATIONS } from "./vector-integer.ts";

/** Operations without immediates. */
export const OPERATIONS: OperationTable = new Map([
  ...INTEGER_OPERATIONS,
  ...FLOAT_OPERATIONS,
  ...VECTOR_INTEGER_OPERATIONS,
  ...VECTOR_FLOAT_OPERATIONS,
  ...REFERENCE_OPERATIONS,
]);

const MULTI_MEMORY_FLAG = 0x40;

export interface Body {
  readonly instructions: readonly Instruction[];
  /** Types of all locals, parameters first. */
  readonly localTypes: readonly number[];
  readonly declaredLocals: number;
}

/** `index` counts all functions, imported ones first. */
export function decodeBody(module: WasmModule, index: number): Body {
  const body = module.bodies[index - module.importedFunctions];
  if (body === undefined) throw new RangeError(`index: expected a defined function, got ${index}`);
  const declared = body.locals.flatMap(({ count, type }) => Array<number>(count).fill(type));
  const localTypes = [...functionType(module, index).params, ...declared];
  const reader = new ByteReader(module.bytes, body.codeStart, body.end);
  const instructions: Instruction[] = [];
  while (!reader.done) instructions.push(decodeInstruction(module, reader, localTypes));
  return { instructions, localTypes, declaredLocals: declared.length };
}

/** A constant expression's instructions, its `end` included. */
export function decodeExpression(module: WasmModule, range: { start: number; end: number }): Instruction[] {
  const reader = new ByteReader(module.bytes, range.start, range.end);
  const instructions: Instruction[] = [];
  while (!reader.done) instructions.push(decodeInstruction(module, reader, []));
  return instructions;
}

export function functionType(module: WasmModule, func: number): FunctionType {
  return typeAt(module, module.functions[func]);
}

export function typeAt(module: WasmModule, index: number | undefined): FunctionType {
  const type = index === undefined ? undefined : module.types[index];
  if (type === undefined) throw new RangeError(`type: expected an index of a type, got ${index}`);
  return type;
}

function decodeInstruction(module: WasmModule, reader: ByteReader, localTypes: readonly number[]): Instruction {
  const first = reader.u8();
  const opcode = first === 0xfc || first === 0xfd ? first * 0x10000 + reader.u32() : first;
  return (
    decodeControl(module, reader, opcode) ??
    decodeBulk(reader, opcode) ??
    operation(OPERATIONS.get(opcode) ?? decodeOperation(module, reader, opcode, localTypes))
  );
}

const operation = (op: Operation): Instruction => ({ kind: "operation", operation: op });

function decodeControl(module: WasmModule, reader: ByteReader, opcode: number): Instruction | undefined {
  switch (opcode) {
    case 0x00:
      return { kind: "unreachable" };
    case 0x02:
      return { kind: "block", type: blockType(module, reader) };
    case 0x03:
      return { kind: "loop", type: blockType(module, reader) };
    case 0x04:
      return { kind: "if", type: blockType(module, reader) };
    case 0x05:
      return { kind: "else" };
    case 0x08:
      return throwOf(module, reader.u32());
    case 0x0a:
      return { kind: "throw_ref" };
    case 0x0b:
      return { kind: "end" };
    case 0x0c:
      return { kind: "br", label: reader.u32() };
    case 0x0d:
      return { kind: "br_if", label: reader.u32() };
    case 0x0e:
      return { kind: "br_table", labels: vector(reader.u32() + 1, () => reader.u32()) };
    case 0x0f:
      return { kind: "return" };
    case 0x1f:
      return { kind: "try_table", type: blockType(module, reader), catches: catches(reader) };
    case 0xd5:
      return { kind: "br_on_null", label: reader.u32() };
    case 0xd6:
      return { kind: "br_on_non_null", label: reader.u32() };
    default:
      return decodeCall(module, reader, opcode);
  }
}

function decodeCall(module: WasmModule, reader: ByteReader, opcode: number): Instruction | undefined {
  switch (opcode) {
    case 0x10:
    case 0x12: {
      const func = reader.u32();
      return { kind: opcode === 0x10 ? "call" : "return_call", func, type: functionType(module, func) };
    }
    case 0x11:
    case 0x13: {
      const type = typeAt(module, reader.u32());
      return { kind: opcode === 0x11 ? "call_indirect" : "return_call_indirect", type, table: reader.u32() };
    }
    case 0x14:
    case 0x15:
      return { kind: opcode === 0x14 ? "call_ref" : "return_call_ref", type: typeAt(module, reader.u32()) };
    default:
      return undefined;
  }
}

function throwOf(module: WasmModule, tag: number): Instruction {
  return { kind: "throw", tag, type: typeAt(module, module.tags[tag]) };
}

function decodeBulk(reader: ByteReader, opcode: number): Instruction | undefined {
  if (opcode === 0x40) return { kind: "grow", what: "memory", index: reader.u32() };
  if (opcode === PREFIX_FC + 15) return { kind: "grow", what: "table", index: reader.u32() };
  return BULK_AND_REFERENCE.get(opcode)?.(reader);
}

const EMPTY_BLOCK = -64;

function blockType(module: WasmModule, reader: ByteReader): FunctionType {
  const code = reader.s33();
  if (code >= 0) return typeAt(module, code);
  return { params: [], results: code === EMPTY_BLOCK ? [] : [code & 0x7f] };
}

function vector<T>(count: number, read: () => T): T[] {
  return Array.from({ length: count }, read);
}

function catches(reader: ByteReader): Catch[] {
  return vector(reader.u32(), () => {
    const kind = reader.u8();
    const tag = kind < 2 ? reader.u32() : undefined;
    return { tag, withReference: kind % 2 === 1, label: reader.u32() };
  });
}

function memoryImmediate(reader: ByteReader): MemoryImmediate {
  const alignment = reader.u32();
  const memory = (alignment & MULTI_MEMORY_FLAG) === 0 ? 0 : reader.u32();
  return { memory, offset: reader.u32() };
}

function decodeOperation(
  module: WasmModule,
  reader: ByteReader,
  opcode: number,
  localTypes: readonly number[],
): Operation {
  const access = MEMORY_ACCESSES.get(opcode);
  if (access !== undefined) return access(memoryImmediate(reader));
  const laneAccess = LANE_ACCESSES.get(opcode);
  if (laneAccess !== undefined) return laneAccess(memoryImmediate(reader), reader.u8());
  const lane = LANE_OPERATIONS.get(opcode);
  if (lane !== undefined) return lane(reader.u8());
  return decodeConstant(reader, opcode) ?? decodeVariable(module, reader, opcode, localTypes);
}

function constant(letter: string, value: Value): Operation {
  return { name: "const", params: "", results: letter, apply: (s) => s.push(value) };
}

function decodeConstant(reader: ByteReader, opcode: number): Operation | undefined {
  switch (opcode) {
    case 0x41:
      return constant("i", reader.s32());
    case 0x42:
      return constant("I", reader.s64());
    case 0x43:
      return constant("f", reader.u32le());
    case 0x44:
      return constant("F", reader.u64le());
    case PREFIX_FD + 12:
      return constant("v", reader.view(16).slice());
    case 0xd0:
      reader.s33();
      return constant("r", null);
    case 0xd2: {
      const func = reader.u32();
      return { name: "ref.func", params: "", results: "r", apply: (s, c) => s.push(c.instance.function(func)) };
    }
    default:
      return undefined;
  }
}

function decodeVariable(
  module: WasmModule,
  reader: ByteReader,
  opcode: number,
  localTypes: readonly number[],
): Operation {
  switch (opcode) {
    case 0x01:
      return { name: "nop", params: "", results: "", apply: () => {} };
    case 0x1a:
      return { name: "drop", params: "*", results: "", apply: (s) => void s.pop() };
    case 0x1c:
      vector(reader.u32(), () => reader.s33());
      return select;
    case 0x1b:
      return select;
    case 0x20:
    case 0x21:
    case 0x22:
      return localOperation(opcode, reader.u32(), localTypes);
    case 0x23:
    case 0x24:
      return globalOperation(module, opcode, reader.u32());
    case 0x3f: {
      const index = reader.u32();
      return { name: "memory.size", params: "", results: "i", apply: (s, c) => s.push(c.instance.memory(index).pages) };
    }
    case PREFIX_FD + 13:
      return shuffle(reader.view(16));
    default:
      throw new RangeError(`opcode: the oracle does not know 0x${opcode.toString(16)}`);
  }
}

const select: Operation = {
  name: "select",
  params: "**i",
  results: "*",
  apply: (s) => {
    const condition = s.popNumber();
    const second = s.pop();
    const first = s.pop();
    s.push(condition === 0 ? second : first);
  },
};

function shuffle(lanes: Uint8Array): Operation {
  return {
    name: "i8x16.shuffle",
    params: "vv",
    results: "v",
    apply: (s) => {
      const b = s.popVector();
      const a = s.popVector();
      s.push(lanes.slice().map((lane) => (lane < 16 ? a[lane] : b[lane - 16]) ?? 0));
    },
  };
}

function localOperation(opcode: number, index: number, localTypes: readonly number[]): Operation {
  const type = localTypes[index];
  if (type === undefined) throw new RangeError(`local: expected an index of a local, got ${index}`);
  const letter = typesToLetters([type]);
  if (opcode === 0x20) {
    const get: Operation["apply"] = (s, { locals }) => s.push(locals[index] as Value);
    return { name: "local.get", params: "", results: letter, apply: get };
  }
  const keep = opcode === 0x22;
  return {
    name: keep ? "local.tee" : "local.set",
    params: letter,
    results: keep ? letter : "",
    apply: (s, { locals }) => {
      const value = s.pop();
      locals[index] = value;
      if (keep) s.push(value);
    },
  };
}

function globalOperation(module: WasmModule, opcode: number, index: number): Operation {
  const type = module.globals[index]?.type;
  if (type === undefined) throw new RangeError(`global: expected an index of a global, got ${index}`);
  const letter = typesToLetters([type]);
  return opcode === 0x23
    ? { name: "global.get", params: "", results: letter, apply: (s, c) => s.push(c.instance.global(index).value) }
    : {
        name: "global.set",
        params: letter,
        results: "",
        apply: (s, c) => {
          c.instance.global(index).value = s.pop();
        },
      };
}
