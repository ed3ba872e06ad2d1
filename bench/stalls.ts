/**
 * How long the host's thread is gone at a stretch while hostile scripts run in it in slices: the processor time between two
 * returns to the event loop, worst of each run. A worker would hide it; this is what a host without one sees.
 *
 * @module
 */
import { JAVASCRIPT_KIND, makeJavaScriptInstance } from "../src/guests/javascript/index.ts";
import type { StopReport } from "../src/kernel/index.ts";
import { defineJavaScript, makeNodeKernel } from "../src/node/index.ts";
import { threadMs } from "./measure.ts";
import type { Cell, Report } from "./report.ts";

const GAS = 3_000_000_000;
const MEMORY_BYTES = 512 << 20;
const STALL_MS_MAX = 50;

/** As a guest could write them; each would go on for very long, or take very much. */
const HOSTILE: { readonly [name: string]: string } = {
  "endless loop": "while (true) {}",
  "a huge string": "'x'.repeat(2 ** 29).length",
  "catastrophic regular expression": "/(a+)+b/.test('a'.repeat(40))",
  "50 MB of JSON": "JSON.parse('[' + '1,'.repeat(25e6) + '1]').length",
  "infinite recursion": "function f() { f() } for (;;) try { f() } catch {}",
  "a million promises": "const all = []; for (let i = 0; i < 1e6; i++) all.push(new Promise(() => {}))",
  "a flood of the console": "for (;;) console.log('x'.repeat(1000))",
};

interface Stretches {
  readonly worstMs: number;
  readonly count: number;
  readonly ended: string;
}

async function runHostile(source: string): Promise<Stretches> {
  let worstMs = 0;
  let count = 0;
  let start = threadMs();
  const kernel = makeNodeKernel({
    async yieldToHost() {
      worstMs = Math.max(worstMs, threadMs() - start);
      count++;
      await new Promise((resolve) => setImmediate(resolve));
      start = threadMs();
    },
  });
  defineJavaScript(kernel);
  const ended = await new Promise<string>((resolve) => {
    const keeper = (stop: StopReport) => {
      resolve(stop.kind);
      return { action: "leave" } as const;
    };
    const js = makeJavaScriptInstance(
      kernel.spawn({ guest: JAVASCRIPT_KIND, gas: GAS, memoryBytes: MEMORY_BYTES, keeper }),
    );
    start = threadMs();
    js.evaluate(source).then(
      () => resolve("done"),
      (error: Error) => resolve(error.message),
    );
  });
  kernel.close();
  return { worstMs, count, ended };
}

export async function benchStalls(): Promise<Report> {
  const rows: Cell[][] = [];
  let worst = 0;
  for (const [name, source] of Object.entries(HOSTILE)) {
    const { worstMs, count, ended } = await runHostile(source);
    worst = Math.max(worst, worstMs);
    rows.push([name, `${worstMs.toFixed(1)} ms`, String(count), ended]);
  }
  return {
    name: "stalls",
    title: "Hostile scripts in the host's own thread: its longest absence",
    columns: ["script", "longest stretch", "stretches", "ended"],
    rows,
    notes: [
      "",
      `Asked: at most ${STALL_MS_MAX} ms; measured ${worst.toFixed(1)} ms. Processor time of the thread, collections of garbage included.`,
    ],
  };
}
