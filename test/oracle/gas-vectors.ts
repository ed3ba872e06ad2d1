/**
 * The test vectors of docs/spec/gas.md as data, and how the oracle runs one.
 * @module
 */

import { decodeModule, F32, F64, I32, I64, V128, type ValueType, valueTypeName } from "../../src/wasm/index.ts";
import { type CallResult, interpret, type Oracle, type Value } from "./index.ts";

export interface TypedValue {
  readonly type: string;
  /** Integers in decimal; floats by their bits and vectors by their bytes, in hexadecimal; "null". */
  readonly value: string;
}

export interface VectorCall {
  readonly export: string;
  readonly args: readonly TypedValue[];
  readonly slice?: number;
}

export interface VectorResult {
  readonly outcome:
    | { readonly kind: "done"; readonly results: readonly TypedValue[] }
    | { readonly kind: "trap"; readonly code: string };
  readonly gasUsed: number;
  readonly events?: readonly {
    readonly name: string;
    readonly args: readonly TypedValue[];
    readonly gasUsed: number;
  }[];
  readonly stops?: readonly number[];
}

export interface GasVector {
  readonly name: string;
  readonly wat: readonly string[];
  readonly wasm: string;
  readonly stackSlotsMax?: number;
  readonly calls: readonly (VectorCall & VectorResult)[];
}

export function parseValue({ type, value }: TypedValue): Value {
  switch (type) {
    case "i32":
      return Number(value) | 0;
    case "i64":
      return BigInt.asIntN(64, BigInt(value));
    case "f32":
      return Number.parseInt(value, 16);
    case "f64":
      return BigInt(`0x${value}`);
    case "v128":
      return Uint8Array.from({ length: 16 }, (_, i) => Number.parseInt(value.slice(2 * i, 2 * i + 2), 16));
    default:
      return null;
  }
}

export function formatValue(type: ValueType, value: unknown): TypedValue {
  const name = valueTypeName(type);
  if (type === I32 || type === I64) return { type: name, value: String(value) };
  if (type === F32 && typeof value === "number") return { type: name, value: value.toString(16).padStart(8, "0") };
  if (type === F64 && typeof value === "bigint") return { type: name, value: value.toString(16).padStart(16, "0") };
  if (type === V128 && value instanceof Uint8Array) {
    return { type: name, value: [...value].map((byte) => byte.toString(16).padStart(2, "0")).join("") };
  }
  return { type: name, value: "null" };
}

/** What the imported functions of vectors add: the number at the end of their names. */
export function hostCharge(name: string): number {
  return Number(/:(\d+)$/.exec(name)?.[1] ?? 0);
}

/** The vector's calls, in order, on one instance. */
export function runVector(
  vector: Pick<GasVector, "wasm" | "stackSlotsMax"> & { calls: readonly VectorCall[] },
): VectorResult[] {
  const module = decodeModule(hexToBytes(vector.wasm));
  const { stackSlotsMax } = vector;
  const oracle = interpret(module, {
    ...(stackSlotsMax === undefined ? {} : { stackSlotsMax }),
    imports: (_, name) => (_args, charge) => {
      charge(hostCharge(name));
      return zeroResults(
        module.imports.find((item) => item.name === name),
        module,
      );
    },
  });
  oracle.begin();
  return vector.calls.map((call) => runCall(oracle, module, call));
}

function runCall(oracle: Oracle, module: ReturnType<typeof decodeModule>, call: VectorCall): VectorResult {
  const func = module.exports.find(({ name }) => name === call.export)?.index ?? -1;
  const type = module.types[module.functions[func] ?? -1];
  if (type === undefined) throw new RangeError(`export: no function ${call.export}`);
  const eventsBefore = oracle.events.length;
  const stops: number[] = [];
  let result: CallResult = oracle.call(func, call.args.map(parseValue), call.slice ?? Number.POSITIVE_INFINITY);
  while (result.kind === "out-of-gas") {
    stops.push(result.gasUsed);
    result = oracle.resume(call.slice ?? 0);
  }
  if (result.kind === "memory") throw new Error("a vector has no memory limit");
  const events = oracle.events.slice(eventsBefore).map(({ name, args, gas }) => ({
    name,
    args: args.map((arg, i) => formatValue(importType(module, name)?.params[i] ?? 0, arg)),
    gasUsed: gas,
  }));
  return {
    outcome:
      result.kind === "done"
        ? { kind: "done", results: result.values.map((value, i) => formatValue(type.results[i] ?? 0, value)) }
        : { kind: "trap", code: result.code },
    gasUsed: result.gasUsed,
    ...(events.length === 0 ? {} : { events }),
    ...(call.slice === undefined ? {} : { stops }),
  };
}

type Module = ReturnType<typeof decodeModule>;

export function importType(module: Module, name: string): Module["types"][number] | undefined {
  const item = module.imports.find((other) => other.name === name);
  return item?.kind === "func" ? module.types[item.type] : undefined;
}

function zeroResults(item: Module["imports"][number] | undefined, module: Module): Value[] {
  if (item?.kind !== "func") return [];
  const results = module.types[item.type]?.results ?? [];
  return results.map((type) => (type === I64 || type === F64 ? 0n : 0));
}

export function hexToBytes(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}
