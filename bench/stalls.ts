/**
 * How long the host's thread is gone at a stretch while hostile scripts run: the processor time that it spends between two
 * turns of its event loop, worst of each run. In a worker, as processes run by default, and in slices in the thread itself.
 *
 * @module
 */
import { JAVASCRIPT_KIND, makeJavaScriptInstance } from "../src/guests/javascript/index.ts";
import type { KeeperAction, StopReport } from "../src/kernel/index.ts";
import { defineJavaScript, makeNodeKernel, startKernelWorker } from "../src/node/index.ts";
import { encodeMessage } from "../src/passable/index.ts";
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

/** The processor time of this thread between turns of its event loop, as long as it is watched. */
function watchThread(): { readonly stop: () => number } {
  let worstMs = 0;
  let start = threadMs();
  let watching = true;
  const turn = () => {
    const now = threadMs();
    worstMs = Math.max(worstMs, now - start);
    start = now;
    if (watching) setImmediate(turn);
  };
  setImmediate(turn);
  return {
    stop() {
      watching = false;
      return worstMs;
    },
  };
}

/** A keeper that says why the process stopped, and leaves it so. */
function reporter(report: (reason: string) => void): (stop: StopReport) => KeeperAction {
  return (stop) => {
    report(stop.kind);
    return { action: "leave" };
  };
}

async function runInThread(source: string): Promise<[worstMs: number, ended: string]> {
  const kernel = makeNodeKernel();
  defineJavaScript(kernel);
  const { promise, resolve } = Promise.withResolvers<string>();
  const budget = { gas: GAS, memoryBytes: MEMORY_BYTES };
  const js = makeJavaScriptInstance(kernel.spawn({ guest: JAVASCRIPT_KIND, ...budget, keeper: reporter(resolve) }));
  const watch = watchThread();
  js.evaluate(source).then(
    () => resolve("done"),
    (error: Error) => resolve(error.message),
  );
  const ended = await promise;
  kernel.close();
  return [watch.stop(), ended];
}

async function runInWorker(source: string): Promise<[worstMs: number, ended: string]> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const kernel = startKernelWorker({ javascript: true });
  const budget = { gas: GAS, memoryBytes: MEMORY_BYTES };
  const process = await kernel.spawn({ guest: JAVASCRIPT_KIND, ...budget, keeper: reporter(resolve) });
  const watch = watchThread();
  process.deliver(encodeMessage(["eval", "script.js", source])).then(
    () => resolve("done"),
    (error: Error) => resolve(error.message),
  );
  const ended = await promise;
  const worstMs = watch.stop();
  kernel.close();
  return [worstMs, ended];
}

export async function benchStalls(): Promise<Report> {
  const rows: Cell[][] = [];
  const worst = [0, 0] as [number, number];
  for (const [name, source] of Object.entries(HOSTILE)) {
    const [workerMs, ended] = await runInWorker(source);
    const [threadStallMs] = await runInThread(source);
    worst[0] = Math.max(worst[0], workerMs);
    worst[1] = Math.max(worst[1], threadStallMs);
    rows.push([name, `${workerMs.toFixed(1)} ms`, `${threadStallMs.toFixed(1)} ms`, ended]);
  }
  return {
    name: "stalls",
    title: "Hostile scripts: the longest absence of the host's thread",
    columns: ["script", "in a worker", "in the thread itself", "ended"],
    rows,
    notes: [
      `Asked: at most ${STALL_MS_MAX} ms; measured ${worst[0].toFixed(1)} ms in a worker, ${worst[1].toFixed(1)} ms in the thread itself.`,
      "In the thread itself the longest are the first calls of the engine's interpreter loop and of its continuation: V8 compiles each then, in one go.",
    ],
  };
}
