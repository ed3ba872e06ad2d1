import { describe, expect, it } from "vitest";
import { C_PROGRAMS, readProgram } from "../../bench/programs.ts";
import { makeWasi } from "../../src/guests/wasi/index.ts";
import { Exit, type HostContext, Suspend } from "../../src/kernel/index.ts";
import { makeCollector } from "../../src/powers/index.ts";
import { decodeModule, type WasmModule } from "../../src/wasm/index.ts";
import { importTypes } from "../random/host.ts";
import { hostToOracle, oracleToHost } from "../random/values.ts";
import { compileProgram, runOnMachine } from "../support/wasi-machine.ts";
import { interpret, type Oracle } from "./index.ts";
import type { HostCall, Value } from "./values.ts";

const SLICE = 20_011;

/** How a WASI program leaves the oracle, which knows no exit. */
class Exited extends Error {
  readonly code: number;
  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

interface OracleRun {
  readonly gasUsed: number;
  readonly memory: Uint8Array;
  readonly code: number;
}

function runInOracle(module: WasmModule, wasi: ReturnType<typeof makeWasi>): OracleRun {
  const types = importTypes(module);
  let oracle: Oracle | undefined;
  const imports = (moduleName: string, name: string): HostCall | undefined => {
    const host = wasi.functions[name];
    const type = types.get(`${moduleName}.${name}`);
    if (host === undefined || type === undefined) return undefined;
    return (args, charge) => {
      const running = oracle as Oracle;
      const context: HostContext = {
        memory: () => running.instance.memory(0).bytes,
        suspended: undefined,
        gasUsed: running.thread.meter.used,
        charge,
        open: () => {},
      };
      const answer = host(context, ...args.map((arg, i) => oracleToHost(type.params[i] ?? 0, arg)));
      if (answer instanceof Exit) throw new Exited(answer.code);
      if (answer instanceof Suspend) throw new Error(`${name} waits`);
      const results: Value[] = answer === undefined ? [] : [hostToOracle(type.results[0] ?? 0, answer)];
      return results;
    };
  };
  oracle = interpret(module, { imports });
  oracle.begin();
  const start = module.exports.find(({ name }) => name === "_start")?.index ?? -1;
  let code = 0;
  try {
    expect(oracle.call(start, [])).toMatchObject({ kind: "done" });
  } catch (error) {
    if (!(error instanceof Exited)) throw error;
    code = error.code;
  }
  return { gasUsed: oracle.thread.meter.used, memory: oracle.instance.memory(0).bytes, code };
}

describe("C programs use the same gas in the oracle as rewritten", () => {
  for (const program of C_PROGRAMS) {
    it(program.name, async () => {
      const bytes = readProgram(program.name);
      const args = [program.name, String(program.testSize)];
      const inOracle = makeCollector();
      const expected = runInOracle(decodeModule(bytes), makeWasi({ args, stdout: inOracle }));
      expect(inOracle.text().trim()).toBe(program.testLine);
      const inMachine = makeCollector();
      const run = await runOnMachine(compileProgram(bytes), {
        init: { args, stdout: inMachine },
        slice: SLICE,
        freezeEvery: 2,
      });
      expect(inMachine.text()).toBe(inOracle.text());
      expect(run.gasUsed).toBe(expected.gasUsed);
      expect(Buffer.compare(run.memory, expected.memory)).toBe(0);
      expect(expected.code).toBe(run.stop.kind === "exit" ? run.stop.code : 0);
    });
  }
});
