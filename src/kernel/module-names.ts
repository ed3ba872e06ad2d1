/**
 * What a module's functions are called: found once for each module, however often a guest asks.
 * @module
 */

import { decodeNames, type WasmModule } from "../wasm/index.ts";
import { NAME_BYTES_MAX } from "./limits.ts";

interface FoundNames {
  readonly exported: ReadonlyMap<string, number>;
  /** Only those who look into processes need them. */
  byFunction: ReadonlyMap<number, string> | undefined;
}

const found = new WeakMap<WasmModule, FoundNames>();

function namesOf(module: WasmModule): FoundNames {
  let names = found.get(module);
  if (names === undefined) {
    const funcs = module.exports.filter((item) => item.kind === "func");
    names = { exported: new Map(funcs.map(({ name, index }) => [name, index])), byFunction: undefined };
    found.set(module, names);
  }
  return names;
}

/** The index of the function that the module exports by that name. */
export function exportedFunction(module: WasmModule, name: string): number | undefined {
  return namesOf(module).exported.get(name);
}

/** Its name in the name section, else that of its first export, else its number. */
export function nameOfFunction(module: WasmModule, func: number): string {
  const names = namesOf(module);
  names.byFunction ??= nameFunctions(module);
  return names.byFunction.get(func) ?? `function ${func}`;
}

function nameFunctions(module: WasmModule): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const [func, name] of decodeNames(module).functions) names.set(func, name.slice(0, NAME_BYTES_MAX));
  for (const { kind, name, index } of module.exports) {
    if (kind === "func" && !names.has(index)) names.set(index, name.slice(0, NAME_BYTES_MAX));
  }
  return names;
}
