/**
 * The host functions that random modules call. What they answer depends only on the seed and on how many calls came before,
 * so that the oracle's and the machine's get the same. Now and then one charges gas, and the machine's parks first.
 * @module
 */

import { type HostFunction, type HostValue, Suspend } from "../../src/kernel/index.ts";
import type { FunctionType, WasmModule } from "../../src/wasm/index.ts";
import type { HostCall } from "../oracle/values.ts";
import { Random } from "./random.ts";
import { hostToOracle, oracleToHost, randomValue, show } from "./values.ts";

export interface HostRecord {
  readonly name: string;
  readonly args: string;
  /** Used when the function was called. */
  readonly gas: number;
}

/** What one side's host functions share. `parks` must be equal on both sides. */
export interface HostSide {
  readonly records: HostRecord[];
  readonly seed: number;
  readonly parks: boolean;
  /** Continues through freeze and thaw, as a host module's saved state would. */
  calls: number;
}

export function makeHostSide(init: { seed: number; parks: boolean }): HostSide {
  return { records: [], calls: 0, ...init };
}

const PARKING_PROBABILITY = 0.2;
const CHARGING_PROBABILITY = 0.2;
/** Now and then so much that it passes into another epoch (docs/spec/gas.md, section 6). */
const CHARGES_MAX: readonly number[] = [10, 200, 200, 200, 2 ** 26];

interface Answer {
  readonly parks: boolean;
  readonly charge: number;
  readonly result: HostValue | undefined;
}

function answerTo(side: HostSide, type: FunctionType): Answer {
  const random = new Random(side.seed + side.calls * 7919);
  const [result] = type.results;
  return {
    parks: side.parks && random.chance(PARKING_PROBABILITY),
    charge: random.chance(CHARGING_PROBABILITY) ? random.below(random.pick(CHARGES_MAX)) : 0,
    // Through the oracle's form and back, so that a NaN is canonical whoever hands it over.
    result: result === undefined ? undefined : oracleToHost(result, randomValue(random, result, 0)),
  };
}

/** `newSlice` is called where the machine parks: it begins a new slice when it is run again. */
export function oracleHost(
  side: HostSide,
  init: { type: FunctionType; name: string; gasUsed: () => number; newSlice: () => void },
): HostCall {
  return (args, charge) => {
    const { type, name } = init;
    const seen = args.map((value, i) => oracleToHost(type.params[i] ?? 0, value));
    const answer = answerTo(side, type);
    side.calls++;
    side.records.push({ name, args: show(seen), gas: init.gasUsed() });
    if (answer.parks) init.newSlice();
    charge(answer.charge);
    const [result] = type.results;
    return result === undefined || answer.result === undefined ? [] : [hostToOracle(result, answer.result)];
  };
}

export function machineHost(side: HostSide, init: { type: FunctionType; name: string }): HostFunction {
  return (context, ...args) => {
    const answer = answerTo(side, init.type);
    const state = { call: side.calls, bytes: Uint8Array.of(1, 2, 3) };
    if (answer.parks && context.suspended === undefined) return new Suspend(Promise.resolve(), state);
    if (answer.parks && show(context.suspended) !== show(state))
      throw new Error("the suspended state did not come back");
    side.records.push({ name: init.name, args: show(args), gas: context.gasUsed });
    side.calls++;
    context.charge(answer.charge);
    return answer.result;
  };
}

/** Types of the imported functions by name, as `module.name`. */
export function importTypes(module: WasmModule): Map<string, FunctionType> {
  const types = new Map<string, FunctionType>();
  for (const item of module.imports) {
    const type = item.kind === "func" ? module.types[item.type] : undefined;
    if (type !== undefined) types.set(`${item.module}.${item.name}`, type);
  }
  return types;
}
