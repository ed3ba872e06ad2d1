/**
 * The JavaScript engine with its base image, made once for a test file, and processes of it.
 * @module
 */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  buildMachineBase,
  type JavaScriptInstance,
  type JavaScriptPowers,
  makeJavaScriptInstance,
  makeJavaScriptKind,
} from "../../src/guests/javascript/index.ts";
import { decodeImage, encodeImage, type TreeState } from "../../src/image/index.ts";
import {
  type Capability,
  type GuestKind,
  type Keeper,
  type Kernel,
  type KernelComponents,
  makeKernel,
  makeProgram,
  type Program,
} from "../../src/kernel/index.ts";

export const ENGINE_BYTES: Uint8Array = new Uint8Array(
  readFileSync(fileURLToPath(import.meta.resolve("quickjs-wasi/quickjs.wasm"))),
);

let engine: { readonly program: Program; readonly kind: GuestKind } | undefined;

export function javascriptEngine(): { readonly program: Program; readonly kind: GuestKind } {
  if (engine === undefined) {
    const program = makeProgram({ bytes: ENGINE_BYTES });
    engine = { program, kind: makeJavaScriptKind({ program, base: buildMachineBase(program) }) };
  }
  return engine;
}

export interface TestHost {
  readonly kernel: Kernel;
  /** What guests without streams logged. */
  readonly logged: string[];
  /** Faults of the host: a test that does not expect any looks that there are none. */
  readonly faults: unknown[];
  spawn(init?: {
    readonly gas?: number;
    readonly memoryBytes?: number;
    readonly powers?: JavaScriptPowers;
    readonly endowments?: { readonly [name: string]: Capability };
    readonly keeper?: Keeper;
  }): JavaScriptInstance;
}

export const GAS = 100_000_000_000;
export const MEMORY_BYTES: number = 64 << 20;

export function makeTestHost(components: Partial<KernelComponents> = {}): TestHost {
  const logged: string[] = [];
  const faults: unknown[] = [];
  const kernel = makeKernel({
    yieldToHost: () => new Promise((resolve) => setImmediate(resolve)),
    guests: [javascriptEngine().kind],
    onLog: (_process, bytes) => logged.push(new TextDecoder().decode(bytes)),
    onFault: (_process, error) => faults.push(error),
    ...components,
  });
  return {
    kernel,
    logged,
    faults,
    spawn: (init = {}) =>
      makeJavaScriptInstance(kernel.spawn({ guest: "javascript", gas: GAS, memoryBytes: MEMORY_BYTES, ...init })),
  };
}

/** The state as another machine would get it. */
export function throughImage(state: TreeState): TreeState {
  return decodeImage(encodeImage(state));
}

export function rootOf(state: TreeState): string {
  return encodeImage(state).root;
}

/** What a promise was rejected with. */
export async function failureOf(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error("expected a failure");
}
