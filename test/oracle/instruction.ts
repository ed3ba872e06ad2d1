/**
 * Instructions as data. What has no control flow and no size-dependent gas is an operation with its immediates bound; the rest is
 * told apart by `kind`, and the thread interprets it.
 * @module
 */

import type { FunctionType } from "../../src/wasm/index.ts";
import type { Context, Operation } from "./operation.ts";
import type { Stack } from "./values.ts";

export interface Catch {
  /** The tag's index; undefined for catch_all. */
  readonly tag: number | undefined;
  /** Whether the exception itself is handed over too. */
  readonly withReference: boolean;
  readonly label: number;
}

export type Instruction =
  | { readonly kind: "operation"; readonly operation: Operation }
  | { readonly kind: "block" | "loop" | "if"; readonly type: FunctionType }
  | { readonly kind: "try_table"; readonly type: FunctionType; readonly catches: readonly Catch[] }
  | { readonly kind: "else" | "end" | "return" | "unreachable" | "throw_ref" }
  | { readonly kind: "br" | "br_if" | "br_on_null" | "br_on_non_null"; readonly label: number }
  /** The default label is the last. */
  | { readonly kind: "br_table"; readonly labels: readonly number[] }
  | { readonly kind: "call" | "return_call"; readonly func: number; readonly type: FunctionType }
  | {
      readonly kind: "call_indirect" | "return_call_indirect";
      readonly type: FunctionType;
      readonly table: number;
    }
  | { readonly kind: "call_ref" | "return_call_ref"; readonly type: FunctionType }
  | { readonly kind: "throw"; readonly tag: number; readonly type: FunctionType }
  | Bulk
  | Grow;

/** Takes three i32: where to, where from or what, and how many. */
export interface Bulk {
  readonly kind: "bulk";
  readonly name: string;
  /** Of the second operand: table.fill takes a reference there. */
  readonly params: "iii" | "iri";
  /** What the count counts. */
  readonly unit: "byte" | "element";
  readonly execute: (context: Context, to: number, from: BulkOperand, count: number) => void;
}

export type BulkOperand = ReturnType<Stack["popReference"]> | number;

export interface Grow {
  readonly kind: "grow";
  readonly what: "memory" | "table";
  readonly index: number;
}

const LETTERS: { readonly [type: number]: string } = { 0x7f: "i", 0x7e: "I", 0x7d: "f", 0x7c: "F", 0x7b: "v" };

/** A list of types in the letters of operations' signatures; every reference is "r". */
export function typesToLetters(types: readonly number[]): string {
  return types.map((type) => LETTERS[type] ?? "r").join("");
}

/** Operands taken and given by an instruction that is not the start or end of a block; branches count as giving none. */
export function instructionSignature(instruction: Instruction): { params: string; results: string } {
  switch (instruction.kind) {
    case "operation":
      return instruction.operation;
    case "br_if":
      return { params: "i", results: "" };
    case "br_on_null":
      return { params: "r", results: "r" };
    case "br_on_non_null":
      return { params: "r", results: "" };
    case "call":
      return signatureOf(instruction.type, "");
    case "call_indirect":
      return signatureOf(instruction.type, "i");
    case "call_ref":
      return signatureOf(instruction.type, "r");
    case "bulk":
      return { params: instruction.params, results: "" };
    case "grow":
      return { params: instruction.what === "memory" ? "i" : "ri", results: "i" };
    default:
      return { params: "", results: "" };
  }
}

function signatureOf(type: FunctionType, last: string): { params: string; results: string } {
  return { params: typesToLetters(type.params) + last, results: typesToLetters(type.results) };
}
