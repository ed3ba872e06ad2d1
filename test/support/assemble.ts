/**
 * Small modules as text, for tests: instructions by name with their immediates behind them, functions by a line for their
 * type. And back: a listing of the instructions of a module.
 *
 * @module
 */

import { ByteWriter } from "../../src/bytes/index.ts";
import {
  BLOCK_EMPTY,
  EXNREF,
  EXTERNREF,
  encodeModule,
  F32,
  F64,
  FUNCREF,
  type FunctionType,
  I32,
  I64,
  InstructionCursor,
  isOpener,
  type LocalRun,
  type ModuleParts,
  opcodes as o,
  V128,
  type ValueType,
  valueTypeName,
  type WasmModule,
} from "../../src/wasm/index.ts";

const TYPES: { readonly [name: string]: ValueType } = {
  ...{ i32: I32, i64: I64, f32: F32, f64: F64, v128: V128, funcref: FUNCREF, externref: EXTERNREF, exnref: EXNREF },
};
const KEYS: ReadonlyMap<string, number> = new Map(
  o.NAMES.flatMap((name, key) => (name === undefined ? [] : [[name, key]])),
);
const CATCHES = ["catch", "catch_ref", "catch_all", "catch_all_ref"];

/** "i32 i64 -> f32"; either side may be empty. */
export function parseType(text: string): FunctionType {
  const [params = "", results = ""] = text.split("->");
  return { params: parseTypes(params), results: parseTypes(results) };
}

/** "i32 3*v128" */
function parseTypes(text: string): ValueType[] {
  return parseLocals(text).flatMap(({ count, type }) => new Array<ValueType>(count).fill(type));
}

function parseLocals(text: string): LocalRun[] {
  return words(text).map((word) => {
    const [, count = "1", name = ""] = /^(?:(\d+)\*)?(\w+)$/.exec(word) ?? [];
    const type = TYPES[name];
    if (type === undefined) throw new Error(`no type ${word}`);
    return { count: Number(count), type };
  });
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}

/** Types of a module, each once. */
class TypeTable {
  readonly types: FunctionType[] = [];

  index(type: FunctionType): number {
    const key = JSON.stringify(type);
    const found = this.types.findIndex((other) => JSON.stringify(other) === key);
    return found >= 0 ? found : this.types.push(type) - 1;
  }
}

class Assembler {
  readonly #out = new ByteWriter();
  readonly #words: string[];
  readonly #types: TypeTable;
  #at = 0;

  constructor(text: string, types: TypeTable) {
    this.#words = words(text.replaceAll(/;;.*$/gm, ""));
    this.#types = types;
  }

  assemble(): Uint8Array {
    while (this.#at < this.#words.length) this.#instruction(this.#next());
    return this.#out.toBytes();
  }

  #next(): string {
    return this.#words[this.#at++] ?? "";
  }

  /** The next word if it is a number, as most immediates are. */
  #number(): number | undefined {
    const word = this.#words[this.#at];
    if (word === undefined || !/^-?(\d+|0x[\da-f]+)$/.test(word)) return undefined;
    this.#at++;
    return Number(word);
  }

  #index(fallback?: number): void {
    const value = this.#number() ?? fallback;
    if (value === undefined) throw new Error(`a number is missing before ${this.#words[this.#at]}`);
    this.#out.u32(value);
  }

  #instruction(name: string): void {
    const key = KEYS.get(name);
    if (key === undefined) throw new Error(`no instruction ${name}`);
    if (key < o.KEY_MISC) this.#out.u8(key);
    else {
      this.#out.u8(key < o.KEY_SIMD ? o.PREFIX_MISC : o.PREFIX_SIMD);
      this.#out.u32(key & 0xff);
    }
    this.#immediates(o.IMMEDIATES[key] as number);
  }

  #immediates(kind: number): void {
    const out = this.#out;
    switch (kind) {
      case o.NONE:
        return;
      case o.BLOCK_TYPE:
        this.#blockType();
        return;
      case o.TRY_TABLE:
        this.#blockType();
        this.#clauses();
        return;
      case o.BR_TABLE: {
        const depths: number[] = [];
        for (let depth = this.#number(); depth !== undefined; depth = this.#number()) depths.push(depth);
        out.u32(depths.length - 1);
        for (const depth of depths) out.u32(depth);
        return;
      }
      case o.MEMARG:
      case o.MEMARG_LANE: {
        const offset = /^offset=(\d+)$/.exec(this.#words[this.#at] ?? "");
        if (offset !== null) this.#at++;
        out.u8(0);
        out.u32(Number(offset?.[1] ?? 0));
        if (kind === o.MEMARG_LANE) this.#index();
        return;
      }
      case o.MEMORY:
      case o.MEMORY_MEMORY:
        for (let i = kind === o.MEMORY ? 1 : 2; i > 0; i--) out.u8(0);
        return;
      case o.DATA_MEMORY:
        this.#index();
        out.u8(0);
        return;
      case o.TYPE_TABLE:
        out.u32(this.#types.index(this.#quotedType()));
        this.#index(0);
        return;
      case o.ELEM_TABLE:
      case o.TABLE_TABLE:
        this.#index();
        this.#index(0);
        return;
      case o.REF_TYPE:
        out.u8(TYPES[this.#next()] as number);
        return;
      case o.SELECT_TYPES:
        out.u8(1);
        out.u8(TYPES[this.#next()] as number);
        return;
      case o.SHUFFLE:
        for (let i = 0; i < 16; i++) this.#index();
        return;
      default:
        this.#constant(kind);
    }
  }

  #constant(kind: number): void {
    const out = this.#out;
    if (kind === o.I32_CONST) out.s32(Number(this.#next()) | 0);
    else if (kind === o.I64_CONST) out.s64(BigInt.asIntN(64, BigInt(this.#next())));
    else if (kind === o.F32_CONST) out.u32le(floatBits(this.#next()));
    else if (kind === o.F64_CONST) out.u64le(doubleBits(this.#next()));
    else if (kind === o.V128_CONST) out.bytes(Buffer.from(this.#next(), "hex"));
    else this.#index();
  }

  /** "[i32 -> i32]" */
  #quotedType(): FunctionType {
    let text = "";
    do text += ` ${this.#next()}`;
    while (!text.endsWith("]"));
    return parseType(text.trim().slice(1, -1));
  }

  #blockType(): void {
    const word = this.#words[this.#at] ?? "";
    if (word.startsWith("[")) {
      this.#out.u32(this.#types.index(this.#quotedType()));
    } else if (TYPES[word] !== undefined) {
      this.#at++;
      this.#out.u8(TYPES[word] as number);
    } else {
      this.#out.u8(BLOCK_EMPTY & 0x7f);
    }
  }

  /** "catch:tag:label", "catch_all:label" and the like. */
  #clauses(): void {
    const clauses: number[][] = [];
    for (;;) {
      const [name = "", ...numbers] = (this.#words[this.#at] ?? "").split(":");
      const kind = CATCHES.indexOf(name);
      if (kind < 0 || numbers.length === 0) break;
      this.#at++;
      clauses.push([kind, ...numbers.map(Number)]);
    }
    this.#out.u32(clauses.length);
    for (const [kind, ...numbers] of clauses) {
      this.#out.u8(kind as number);
      for (const number of numbers) this.#out.u32(number);
    }
  }
}

const view = new DataView(new ArrayBuffer(8));

/** A number, or "0x…" for its bits. */
function floatBits(word: string): number {
  if (word.startsWith("0x")) return Number(word);
  view.setFloat32(0, Number(word));
  return view.getUint32(0);
}

function doubleBits(word: string): bigint {
  if (word.startsWith("0x")) return BigInt(word);
  view.setFloat64(0, Number(word));
  return view.getBigUint64(0);
}

export interface FunctionText {
  /** Under which it is exported. */
  readonly name?: string;
  readonly type?: string;
  readonly locals?: string;
  /** Without the last `end`. */
  readonly code: string;
}

export interface ModuleText {
  /** Imported functions: "module.name" to their types. */
  readonly imports?: { readonly [name: string]: string };
  readonly functions: readonly FunctionText[];
  /** Pages at least, at most. */
  readonly memory?: readonly [number, number?];
  /** "mut i32 i32.const 5" */
  readonly globals?: readonly string[];
  /** Parameters of tags. */
  readonly tags?: readonly string[];
  /** Whatever else belongs to it. */
  readonly more?: Pick<ModuleParts, "tables" | "elements" | "data" | "dataCount" | "start" | "customs"> & {
    readonly imports?: ModuleParts["imports"];
    readonly exports?: ModuleParts["exports"];
  };
}

export function assembleCode(text: string): Uint8Array {
  return new Assembler(`${text} end`, new TypeTable()).assemble();
}

export function assembleModule(text: ModuleText): Uint8Array<ArrayBuffer> {
  const types = new TypeTable();
  const imports = Object.entries(text.imports ?? {}).map(([path, type]) => {
    const dot = path.indexOf(".");
    const names = { module: path.slice(0, dot), name: path.slice(dot + 1) };
    return { ...names, kind: "func" as const, type: types.index(parseType(type)) };
  });
  const functions = text.functions.map((item) => types.index(parseType(item.type ?? "->")));
  const tags = (text.tags ?? []).map((params) => types.index(parseType(params)));
  const { imports: moreImports = [], exports = [], ...more } = text.more ?? {};
  const globals = (text.globals ?? []).map((line) => {
    const [, mutable, type = "", init = ""] = /^(mut )?(\w+) (.*)$/.exec(line) ?? [];
    const global = { type: TYPES[type] as ValueType, mutable: mutable !== undefined };
    return { global, init: new Assembler(`${init} end`, types).assemble() };
  });
  const bodies = text.functions.map(({ locals = "", code }) => {
    return { locals: parseLocals(locals), code: new Assembler(`${code} end`, types).assemble() };
  });
  const named = text.functions.flatMap(({ name }, i) =>
    name === undefined ? [] : [{ name, kind: "func" as const, index: imports.length + i }],
  );
  return encodeModule({
    types: types.types,
    imports: [...imports, ...moreImports],
    functions,
    memories: text.memory === undefined ? [] : [{ min: text.memory[0], max: text.memory[1] }],
    tags,
    globals,
    bodies,
    exports: [...named, ...exports],
    ...more,
  });
}

/** The instructions of defined function number `index` of a module, one a line, indented as they nest. */
export function listFunction(module: WasmModule, index: number): string {
  const body = module.bodies[index];
  if (body === undefined) throw new Error(`no body ${index}`);
  const cursor = new InstructionCursor(module.bytes, body.codeStart, body.end);
  const names = (types: readonly ValueType[]) => types.map(valueTypeName).join(" ");
  const type = module.types[module.functions[module.importedFunctions + index] as number] as FunctionType;
  const locals = body.locals.map((run) => `${run.count}*${valueTypeName(run.type)}`).join(" ");
  const lines = [
    `func ${module.importedFunctions + index}: ${names(type.params)} -> ${names(type.results)}; ${locals}`,
  ];
  let depth = 1;
  while (cursor.next()) {
    if (cursor.opcode === o.OP_END || cursor.opcode === o.OP_ELSE) depth--;
    lines.push(`${"  ".repeat(Math.max(depth, 0))}${listInstruction(cursor, module)}`);
    if (isOpener(cursor.opcode) || cursor.opcode === o.OP_ELSE) depth++;
  }
  return `${lines.join("\n")}\n`;
}

function listInstruction(cursor: InstructionCursor, module: WasmModule): string {
  const name = o.NAMES[cursor.opcode] as string;
  switch (o.IMMEDIATES[cursor.opcode]) {
    case o.NONE:
    case o.MEMORY:
    case o.MEMORY_MEMORY:
      return name;
    case o.I32_CONST:
      return `${name} ${cursor.value}`;
    case o.I64_CONST:
      return `${name} ${cursor.i64}`;
    case o.F32_CONST:
      return `${name} 0x${cursor.f32Bits.toString(16)}`;
    case o.F64_CONST:
      return `${name} 0x${cursor.f64Bits.toString(16)}`;
    case o.V128_CONST:
    case o.SHUFFLE:
      return `${name} ${Buffer.from(cursor.v128).toString("hex")}`;
    case o.MEMARG:
      return `${name} offset=${cursor.memoryOffset}`;
    case o.LANE:
      return `${name} ${cursor.lane}`;
    case o.BR_TABLE:
      return `${name} ${[...cursor.labels.subarray(0, cursor.labelCount)].join(" ")}`;
    case o.TYPE_TABLE:
      return `${name} ${cursor.index} ${cursor.index2}`;
    case o.BLOCK_TYPE:
    case o.TRY_TABLE:
      return `${name}${listBlockType(cursor.blockType, module)}${cursor.opcode === o.OP_TRY_TABLE ? listClauses(cursor) : ""}`;
    default:
      return `${name} ${cursor.index}`;
  }
}

function listBlockType(blockType: number, module: WasmModule): string {
  if (blockType === BLOCK_EMPTY) return "";
  if (blockType < 0) return ` ${valueTypeName(blockType + 0x80)}`;
  const { params, results } = module.types[blockType] as FunctionType;
  return ` [${params.map(valueTypeName).join(" ")} -> ${results.map(valueTypeName).join(" ")}]`;
}

function listClauses(cursor: InstructionCursor): string {
  return cursor.catches
    .map(({ kind, tag, label }) => ` ${CATCHES[kind]}:${kind < 2 ? `${tag}:` : ""}${label}`)
    .join("");
}
