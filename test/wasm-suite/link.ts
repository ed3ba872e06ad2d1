/**
 * What modules of a file import: functions of `spectest`, and of other modules of the file, which are host functions that call
 * the other's machine.
 *
 * @module
 */
import { Exit, type HostFunction, type HostValue, Suspend } from "../../src/kernel/index.ts";
import { hostToValue, valueToHost } from "../../src/kernel/machine-values.ts";
import { type FunctionType, V128, type WasmModule } from "../../src/wasm/index.ts";
import type { Guest, Imports } from "./guest.ts";
import { SPECTEST } from "./spectest.ts";
import { NotOurs, TRAP_CODES } from "./values.ts";

/** A module that runs, and its two machines: the one that runs whole, and the one that is interrupted. */
export interface Linked {
  readonly module: WasmModule;
  readonly guests: readonly Guest[];
  /** Those that it imports from. */
  readonly from: readonly Linked[];
}

/** By the names that they were registered with; a reason where the module does not run. */
export type Registry = ReadonlyMap<string, Linked | string>;

interface Provided {
  readonly type: FunctionType;
  readonly host: (side: number) => HostFunction;
}

/** The imports for the machine `side` of a module. Throws NotOurs where only a host would see that something does not fit. */
export function link(module: WasmModule, registry: Registry): (side: number) => Imports {
  const provided = new Map<string, Provided>();
  for (const item of module.imports) {
    const found = find(registry, item.module, item.name);
    if (found === undefined || item.kind !== "func") continue;
    const type = module.types[item.type] as FunctionType;
    if (!isSame(type, found.type)) throw new NotOurs("an import of another type: hosts check what they link");
    if ([...type.params, ...type.results].some((each) => each <= V128))
      throw new NotOurs("an import that passes references");
    provided.set(keyOf(item.module, item.name), found);
  }
  return (side) => (from, name) => provided.get(keyOf(from, name))?.host(side);
}

export function providersOf(names: readonly string[], registry: Registry): Linked[] {
  return names.map((name) => registry.get(name)).filter((linked) => typeof linked === "object");
}

function keyOf(module: string, name: string): string {
  return JSON.stringify([module, name]);
}

function find(registry: Registry, from: string, name: string): Provided | undefined {
  if (from === "spectest") {
    const type = SPECTEST.get(name);
    return type && { type, host: () => () => undefined };
  }
  const linked = registry.get(from);
  if (linked === undefined) return undefined;
  if (typeof linked === "string") throw new NotOurs(`imports from a module that does not run`);
  const item = linked.module.exports.find((each) => each.name === name);
  if (item === undefined) return undefined;
  if (item.kind !== "func") throw new NotOurs("an import of another type: hosts check what they link");
  const type = linked.module.types[linked.module.functions[item.index] as number] as FunctionType;
  return { type, host: (side) => callTo(linked.guests[side] as Guest, item.index, type) };
}

function isSame(a: FunctionType, b: FunctionType): boolean {
  return String(a.params) === String(b.params) && String(a.results) === String(b.results);
}

function callTo(guest: Guest, func: number, { params, results }: FunctionType): HostFunction {
  return (context, ...args) => {
    if (context.suspended === undefined) {
      guest.begin(
        func,
        params.map((type, i) => hostToValue(type, args[i])),
      );
    }
    const outcome = guest.finish();
    if (outcome === undefined) return new Suspend(Promise.resolve(), true);
    // A host function has no trap to give: it ends its caller with the trap's number.
    if (outcome.kind === "trap") return new Exit(TRAP_CODES.indexOf(outcome.code));
    const answers = results.map((type, i) => valueToHost(type, outcome.results[i] ?? null));
    return answers.length > 1 ? (answers as unknown as HostValue) : answers[0];
  };
}
