/**
 * QuickJS with scripts as a thing to interrupt.
 *
 * @module
 */

import { makeKernel } from "../../src/kernel/index.ts";
import { nodeHasher } from "../../src/node/index.ts";
import { encodeMessage } from "../../src/passable/index.ts";
import { makeCollector } from "../../src/powers/index.ts";
import { GAS, javascriptEngine, MEMORY_BYTES } from "../support/javascript.ts";
import { baseOf, NEVER, runInSteps, type SteppedRun, UNINTERRUPTED } from "./stepper.ts";

export const SCRIPTS: { readonly [name: string]: { readonly source: string; readonly output: string } } = {
  smallest: { source: "console.log(6 * 7)", output: "42\n" },
  varied: {
    source: `
      class Point { #x; constructor(x) { this.#x = x } get x() { return this.#x } static of(x) { return new Point(x) } }
      const log = [];
      function* take(n) { for (let i = 0; i < n; i++) { try { yield i } finally { log.push("f" + i) } } }
      for (const i of take(2)) log.push(Point.of(i).x);
      try { null.x } catch (e) { log.push(e instanceof TypeError) }
      log.push("a1b2".replace(/\\d/g, (d) => d * 3), [3, 1, 2].sort((a, b) => a - b).join("-"), 2n ** 65n);
      await null;
      log.push(await Promise.all([1, Promise.resolve(2)]).then(([a, b]) => a + b), JSON.stringify({ d: 0.1 + 0.2, n: NaN }));
      console.log(log.join(" "));`,
    output: '0 f0 1 f1 true a3b6 1-2-3 36893488147419103232 3 {"d":0.30000000000000004,"n":null}\n',
  },
  numbers: {
    source: `
      let a = 1, b = 0x7fffffff, x = 0.5;
      const floats = new Float64Array(4), ints = new Int32Array(floats.buffer);
      for (let i = 0; i < 60; i++) { a = Math.imul(a, 1103515245) + 12345 | 0; b ^= a >>> (i & 7); x = Math.sin(x + i) * 1e3 % 7; floats[i & 3] = x / (i - 30) }
      console.log(a, b, x.toFixed(6), ints.reduce((s, n) => (s * 31 + n) | 0), new Date(0).toISOString());`,
    output: "-2020009403 241004202 1.479485 -1021027304 1970-01-01T00:00:00.000Z\n",
  },
};

export type ScriptRun = SteppedRun & { readonly output: string };

export interface ScriptSubject {
  readonly whole: ScriptRun;
  run(steps: { readonly gas: number; readonly freezeEvery: number }): ScriptRun;
  readonly faults: readonly unknown[];
}

export function makeScriptSubject(source: string): ScriptSubject {
  return makeMessageSubject(["main", "main.js", { "main.js": source }, []]);
}

/** A process from the base image that gets one message. */
export function makeMessageSubject(message: readonly unknown[]): ScriptSubject {
  const faults: unknown[] = [];
  const { kind } = javascriptEngine();
  const kernel = makeKernel({
    yieldToHost: () => Promise.resolve(),
    guests: [kind],
    hasher: nodeHasher,
    onFault: (_process, error) => faults.push(error),
  });
  const begin = (out: ReturnType<typeof makeCollector>, gas: number) => {
    const powers = { stdout: out, stderr: out };
    const process = kernel.spawn({ guest: kind.name, powers, gas: GAS, memoryBytes: MEMORY_BYTES });
    process.deliverSync(encodeMessage(message), { gas });
    return process;
  };
  const beginning = begin(makeCollector(), 0);
  const base = baseOf(beginning.freeze());
  beginning.discard();
  const run = ({ gas, freezeEvery }: { readonly gas: number; readonly freezeEvery: number }) => {
    const out = makeCollector();
    const powers = { stdout: out, stderr: out };
    const first = (slice: number) => begin(out, slice);
    return {
      ...runInSteps({ kernel, gas, freezeEvery, base, thaw: { powers }, begin: first }),
      output: out.text(),
    };
  };
  return { whole: run({ gas: UNINTERRUPTED, freezeEvery: NEVER }), run, faults };
}
