/**
 * A module made ready to be interpreted: every body decoded and analysed on first use, and the functions sorted into bounded and
 * unbounded ones (docs/spec/gas.md).
 * @module
 */

import type { FunctionType, WasmModule } from "../../src/wasm/index.ts";
import { decodeBody, functionType } from "./decode.ts";
import type { Instruction } from "./instruction.ts";
import { analyseRuns, type Runs } from "./runs.ts";

const BOUNDED_COST_MAX = 1000;
const BOUNDED_SLOTS_MAX = 512;
const BOUNDED_BODY_BYTES_MAX = 4096;

export interface Code {
  readonly type: FunctionType;
  readonly instructions: readonly Instruction[];
  readonly localTypes: readonly number[];
  readonly runs: Runs;
}

/** Cost and slots of a bounded function with everything it calls. */
interface Bound {
  readonly cost: number;
  readonly slots: number;
}

export class Program {
  readonly module: WasmModule;
  readonly #codes = new Map<number, Code>();
  readonly #bounds = new Map<number, Bound | "unbounded" | "visiting">();

  constructor(module: WasmModule) {
    this.module = module;
  }

  /** Of a defined function, by its index among all. */
  code(func: number): Code {
    let code = this.#codes.get(func);
    if (code === undefined) {
      const type = functionType(this.module, func);
      const body = decodeBody(this.module, func);
      code = { type, instructions: body.instructions, localTypes: body.localTypes, runs: analyseRuns(body, type) };
      this.#codes.set(func, code);
    }
    return code;
  }

  /** Imported functions count as unbounded. */
  isBounded(func: number): boolean {
    return this.#bound(func) !== "unbounded";
  }

  #bound(func: number): Bound | "unbounded" {
    const known = this.#bounds.get(func);
    if (known !== undefined) return known === "visiting" ? "unbounded" : known;
    this.#bounds.set(func, "visiting");
    const bound = this.#computeBound(func);
    this.#bounds.set(func, bound);
    return bound;
  }

  #bodyBytes(func: number): number {
    const body = this.module.bodies[func - this.module.importedFunctions];
    return body === undefined ? 0 : body.end - body.start;
  }

  #computeBound(func: number): Bound | "unbounded" {
    if (func < this.module.importedFunctions) return "unbounded";
    const { runs } = this.code(func);
    if (runs.unboundedByItself || this.#bodyBytes(func) > BOUNDED_BODY_BYTES_MAX) return "unbounded";
    let cost = runs.cost;
    let calleeSlots = 0;
    for (const callee of runs.callees) {
      const bound = this.#bound(callee);
      if (bound === "unbounded") return "unbounded";
      cost += bound.cost;
      calleeSlots = Math.max(calleeSlots, bound.slots);
    }
    const slots = runs.slots + calleeSlots;
    return cost <= BOUNDED_COST_MAX && slots <= BOUNDED_SLOTS_MAX ? { cost, slots } : "unbounded";
  }
}
