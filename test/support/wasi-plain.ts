/**
 * Runs a WASI program on the plain engine, without rewriting, gas or freezing: what the WASI functions do can be tested
 * without anything else of the project. A program that would have to wait cannot go on here.
 *
 * @module
 */
import type { HostContext, HostModule, HostValue } from "../../src/kernel/host.ts";
import { Exit, Suspend } from "../../src/kernel/host.ts";

class ExitSignal extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

export interface PlainResult {
  readonly exitCode: number;
  /** Charged by the host functions. */
  readonly gas: number;
}

/** The standing clock reads gas; here every host call counts as this much, so that time passes at all. */
const GAS_PER_CALL = 1000;

export function runPlain(program: Uint8Array, wasi: HostModule, importModule = "wasi_snapshot_preview1"): PlainResult {
  const module = new WebAssembly.Module(program.slice());
  let memory: WebAssembly.Memory | undefined;
  let gasUsed = 0;
  const context: HostContext = {
    memory: () => new Uint8Array(memory?.buffer ?? new ArrayBuffer(0)),
    suspended: undefined,
    get gasUsed() {
      return gasUsed;
    },
    charge(gas: number) {
      gasUsed += gas;
    },
    open() {},
  };
  const imports: { [name: string]: (...values: HostValue[]) => HostValue | undefined } = {};
  for (const [name, run] of Object.entries(wasi.functions)) {
    imports[name] = (...values) => {
      gasUsed += GAS_PER_CALL;
      const answer = run(context, ...values);
      if (answer instanceof Exit) throw new ExitSignal(answer.code);
      if (answer instanceof Suspend) throw new Error(`${name} waits, which the plain engine cannot`);
      return answer;
    };
  }
  const instance = new WebAssembly.Instance(module, { [importModule]: imports } as WebAssembly.Imports);
  memory = instance.exports.memory as WebAssembly.Memory;
  try {
    (instance.exports._start as () => void)();
  } catch (error) {
    if (error instanceof ExitSignal) return { exitCode: error.code, gas: gasUsed };
    throw error;
  }
  return { exitCode: 0, gas: gasUsed };
}
