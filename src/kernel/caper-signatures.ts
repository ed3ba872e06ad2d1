/**
 * The types of the guest ABI's functions. A module that imports one with another type is refused when it is made into a process.
 * @module
 */

import type { FunctionType } from "../wasm/index.ts";
import { I32, I64 } from "../wasm/index.ts";

/** i: i32, l: i64; parameters, then results. */
const SIGNATURES: { readonly [name: string]: readonly [params: string, results: string] } = {
  call: ["iiiii", "i"],
  call_open: ["iiiii", "i"],
  send: ["iiiii", "i"],
  send_only: ["iiiii", "i"],
  promise: ["i", "i"],
  wait: ["i", "i"],
  listen: ["i", "i"],
  answer: ["iiiiii", "i"],
  size: ["", "l"],
  read: ["ii", "i"],
  drop: ["i", "i"],
  find: ["ii", "i"],
  log: ["ii", "i"],
  load: ["ii", "i"],
  spawn: ["iliii", "i"],
  invoke: ["iiiii", "i"],
  refill: ["ili", "i"],
  resume: ["ii", "i"],
  freeze: ["i", "i"],
  meter: ["ii", "i"],
  inspect: ["i", "i"],
  peek: ["iiii", "i"],
};

export const CAPER_FUNCTIONS: readonly string[] = Object.freeze(Object.keys(SIGNATURES));

export function caperSignature(name: string): FunctionType | undefined {
  const signature = Object.hasOwn(SIGNATURES, name) ? SIGNATURES[name] : undefined;
  return signature && { params: typesOf(signature[0]), results: typesOf(signature[1]) };
}

export function sameType(left: FunctionType, right: FunctionType): boolean {
  return left.params.join() === right.params.join() && left.results.join() === right.results.join();
}

/** As in WebAssembly text: `(i32, i64) -> i32`. */
export function typeText(type: FunctionType): string {
  const text = (types: readonly number[]): string =>
    types.map((item) => (item === I64 ? "i64" : item === I32 ? "i32" : "?")).join(", ");
  return `(${text(type.params)}) -> (${text(type.results)})`;
}

function typesOf(letters: string): readonly number[] {
  return [...letters].map((letter) => (letter === "l" ? I64 : I32));
}
