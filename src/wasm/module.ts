/**
 * A WebAssembly module as data: what the sections say, with code and data left in place as ranges of `bytes`.
 * Index spaces hold the imported items first, as in the specification (section 2.5.1).
 * @module
 */

/** The byte that encodes the type in the binary format. */
export type ValueType = number;

export const I32 = 0x7f;
export const I64 = 0x7e;
export const F32 = 0x7d;
export const F64 = 0x7c;
export const V128 = 0x7b;
export const FUNCREF = 0x70;
export const EXTERNREF = 0x6f;
export const EXNREF = 0x69;

const VALUE_TYPE_NAMES: { readonly [type: number]: string } = {
  [I32]: "i32",
  [I64]: "i64",
  [F32]: "f32",
  [F64]: "f64",
  [V128]: "v128",
  [FUNCREF]: "funcref",
  [EXTERNREF]: "externref",
  [EXNREF]: "exnref",
};

export function valueTypeName(type: ValueType): string {
  return VALUE_TYPE_NAMES[type] ?? `type 0x${type.toString(16)}`;
}

export function isValueType(type: number): boolean {
  return VALUE_TYPE_NAMES[type] !== undefined;
}

export function isReferenceType(type: ValueType): boolean {
  return type === FUNCREF || type === EXTERNREF || type === EXNREF;
}

export interface FunctionType {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** Pages of 64 KiB for a memory, elements for a table. */
export interface Limits {
  readonly min: number;
  readonly max: number | undefined;
}

export interface TableType {
  readonly element: ValueType;
  readonly limits: Limits;
}

export interface GlobalType {
  readonly type: ValueType;
  readonly mutable: boolean;
}

export type ExternalKind = "func" | "table" | "memory" | "global" | "tag";

export type Import = { readonly module: string; readonly name: string } & (
  | { readonly kind: "func"; readonly type: number }
  | { readonly kind: "table"; readonly table: TableType }
  | { readonly kind: "memory"; readonly memory: Limits }
  | { readonly kind: "global"; readonly global: GlobalType }
  | { readonly kind: "tag"; readonly type: number }
);

export interface Export {
  readonly name: string;
  readonly kind: ExternalKind;
  readonly index: number;
}

/** A constant expression as a range of the module's bytes; `end` is after its final 0x0b. */
export interface ConstExpr {
  readonly start: number;
  readonly end: number;
}

export interface LocalRun {
  readonly count: number;
  readonly type: ValueType;
}

export interface FunctionBody {
  /** After the body's size. */
  readonly start: number;
  /** The first instruction. */
  readonly codeStart: number;
  /** After the final 0x0b. */
  readonly end: number;
  /** As written, parameters not included. */
  readonly locals: readonly LocalRun[];
}

export interface DataSegment {
  readonly mode: "active" | "passive";
  readonly memory: number;
  /** Of an active segment only. */
  readonly offset: ConstExpr | undefined;
  readonly start: number;
  readonly end: number;
}

/** A function index, null, or the value that an imported or earlier global has at instantiation. */
export type ElementItem = number | null | { readonly global: number };

export interface ElementSegment {
  readonly mode: "active" | "passive" | "declarative";
  readonly table: number;
  readonly type: ValueType;
  /** Of an active segment only. */
  readonly offset: ConstExpr | undefined;
  readonly items: readonly ElementItem[];
}

export interface CustomSection {
  readonly name: string;
  /** The contents, after the name. */
  readonly start: number;
  readonly end: number;
}

export interface WasmModule {
  readonly bytes: Uint8Array;
  readonly types: readonly FunctionType[];
  readonly imports: readonly Import[];
  /** Type index of every function. */
  readonly functions: readonly number[];
  readonly importedFunctions: number;
  readonly tables: readonly TableType[];
  readonly importedTables: number;
  readonly memories: readonly Limits[];
  readonly importedMemories: number;
  readonly globals: readonly GlobalType[];
  /** Undefined for imported globals. */
  readonly globalInits: readonly (ConstExpr | undefined)[];
  readonly importedGlobals: number;
  /** Type index of every tag. */
  readonly tags: readonly number[];
  readonly importedTags: number;
  readonly exports: readonly Export[];
  readonly start: number | undefined;
  readonly elements: readonly ElementSegment[];
  readonly dataCount: number | undefined;
  /** Of defined functions: body i belongs to function `importedFunctions + i`. */
  readonly bodies: readonly FunctionBody[];
  readonly data: readonly DataSegment[];
  readonly customs: readonly CustomSection[];
}
