import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type HostFunction, type Machine, makeMachine, makeProgram, type Value } from "../../src/kernel/index.ts";
import { I64 } from "../../src/wasm/index.ts";
import { enableExceptions } from "../random/campaign.ts";
import { hostToOracle } from "../random/values.ts";
import {
  formatValue,
  type GasVector,
  hexToBytes,
  hostCharge,
  importType,
  parseValue,
  runVector,
  type VectorCall,
  type VectorResult,
} from "./gas-vectors.ts";

const FOLDER = new URL("../vectors/gas/", import.meta.url);
const SLICE_WHOLE = 2 ** 30;
const MEMORY_PAGES_MAX = 100;

enableExceptions();
const vectors = readdirSync(FOLDER).map((file) => JSON.parse(readFileSync(new URL(file, FOLDER), "utf8")) as GasVector);

describe("gas vectors", () => {
  it("are all there", () => {
    expect(vectors.length).toBe(13);
  });

  for (const vector of vectors) {
    const expected = vector.calls.map(({ outcome, gasUsed, events, stops }) =>
      defined({ outcome, gasUsed, events, stops }),
    );
    it(`${vector.name}: oracle`, () => {
      expect(runVector(vector)).toEqual(expected);
    });
    it(`${vector.name}: rewritten`, () => {
      expect(runRewritten(vector)).toEqual(expected);
    });
  }
});

function defined(result: { [key in keyof VectorResult]: VectorResult[key] | undefined }): Partial<VectorResult> {
  return Object.fromEntries(Object.entries(result).filter(([, value]) => value !== undefined));
}

type Events = NonNullable<VectorResult["events"]>[number][];

function runRewritten(vector: GasVector): VectorResult[] {
  const program = makeProgram({ bytes: hexToBytes(vector.wasm) });
  const { stackSlotsMax } = vector;
  const events: Events = [];
  const imports = (_module: string, name: string): HostFunction => {
    const type = importType(program.module, name);
    return (context, ...args) => {
      const typed = args.map((arg, i) => formatValue(type?.params[i] ?? 0, hostToOracle(type?.params[i] ?? 0, arg)));
      events.push({ name, args: typed, gasUsed: context.gasUsed });
      context.charge(hostCharge(name));
      return type?.results[0] === undefined ? undefined : type.results[0] === I64 ? 0n : 0;
    };
  };
  const machine = makeMachine({
    program,
    imports,
    memoryPagesMax: MEMORY_PAGES_MAX,
    ...(stackSlotsMax === undefined ? {} : { stackSlotsMax }),
  });
  return vector.calls.map((call) => runCall(machine, program.module, call, events));
}

function runCall(
  machine: Machine,
  module: ReturnType<typeof makeProgram>["module"],
  call: VectorCall,
  events: Events,
): VectorResult {
  const func = module.exports.find(({ name }) => name === call.export)?.index ?? -1;
  const results = module.types[module.functions[func] ?? -1]?.results ?? [];
  events.length = 0;
  machine.start(func, call.args.map(parseValue) as Value[]);
  const stops: number[] = [];
  let stop = machine.run(call.slice ?? SLICE_WHOLE);
  while (stop.kind === "slice") {
    stops.push(machine.gasUsed);
    stop = machine.run(call.slice ?? SLICE_WHOLE);
  }
  if (stop.kind !== "done" && stop.kind !== "trap") throw new Error(`unexpected stop: ${stop.kind}`);
  return {
    outcome:
      stop.kind === "done"
        ? { kind: "done", results: stop.results.map((value, i) => formatValue(results[i] ?? 0, value)) }
        : { kind: "trap", code: stop.code },
    gasUsed: machine.gasUsed,
    ...(events.length === 0 ? {} : { events: [...events] }),
    ...(call.slice === undefined ? {} : { stops }),
  };
}
