/**
 * JavaScript processes: how long a start, a call, a freeze and a thaw take, what an image weighs and what a process holds.
 *
 * @module
 */
import {
  buildMachineBase,
  JAVASCRIPT_KIND,
  type JavaScriptInstance,
  makeJavaScriptInstance,
  makeJavaScriptKind,
  UnfinishedError,
} from "../src/guests/javascript/index.ts";
import { type Base, bytesToImage, decodeImage, encodeImage, imageToBytes, makeBase } from "../src/image/index.ts";
import { type Kernel, makeKernel, makeProgram } from "../src/kernel/index.ts";
import { nodeHasher } from "../src/node/hasher.ts";
import { readEngine } from "./engine.ts";
import { median } from "./measure.ts";
import type { Cell, Report } from "./report.ts";

const GAS = 1e12;
const MEMORY_BYTES = 64 << 20;
const CALLS = 2_000;
const CALL_ROUNDS = 30;
const IDLE_PROCESSES = 200;
/** Inside a loop inside a function inside a function. */
const INTERRUPT_AFTER_GAS = 200_000;

/** A small program with some state, and something to call. */
const GUEST_SOURCE = `
const notes = new Map();
globalThis.add = (a, b) => a + b;
globalThis.remember = (count) => {
  for (let i = 0; i < count; i++) notes.set("note " + i, { text: "remembered", at: i });
  return notes.size;
};
`;

interface Stage {
  readonly kernel: Kernel;
  readonly base: Base;
  spawn(): JavaScriptInstance;
}

async function prepare(): Promise<Stage> {
  const program = makeProgram({ bytes: readEngine() });
  const kind = makeJavaScriptKind({ program, base: buildMachineBase(program) });
  const kernel = makeKernel({
    yieldToHost: () => new Promise((resolve) => setImmediate(resolve)),
    guests: [kind],
    hasher: nodeHasher,
  });
  const spawn = () =>
    makeJavaScriptInstance(kernel.spawn({ guest: JAVASCRIPT_KIND, gas: GAS, memoryBytes: MEMORY_BYTES }));
  const first = spawn();
  const base = makeBase(encodeImage(first.process.freeze(), { hasher: nodeHasher }), { hasher: nodeHasher });
  first.process.discard();
  return { kernel, base, spawn };
}

/** By the wall clock: many systems count processor time in steps of 4 ms, which is longer than what is measured here. */
function elapsed<Result>(run: () => Result): [ms: number, result: Result] {
  const start = performance.now();
  const result = run();
  return [performance.now() - start, result];
}

async function makeGuest(stage: Stage): Promise<JavaScriptInstance> {
  const guest = stage.spawn();
  await guest.evaluate(GUEST_SOURCE);
  return guest;
}

/** What else the machine does moves the median; the least is what it takes when nothing comes between. */
interface Times {
  readonly medianMs: number;
  readonly leastMs: number;
}

function timesOf(rounds: readonly number[]): Times {
  const settled = rounds.slice(rounds.length >> 2);
  return { medianMs: median(settled), leastMs: Math.min(...settled) };
}

function start(stage: Stage): JavaScriptInstance {
  const made = stage.spawn();
  made.callSync("isNaN", [1]);
  return made;
}

/** While all before them live, so that each needs an instance and memory of its own. */
function measureStart(stage: Stage, rounds: number): Times {
  const started = Array.from({ length: rounds }, () => elapsed(() => start(stage)));
  for (const [, guest] of started) guest.process.discard();
  return timesOf(started.map(([ms]) => ms));
}

/** Each where another has just been discarded. */
function measureStartAfter(stage: Stage, rounds: number): Times {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const [ms, guest] = elapsed(() => start(stage));
    times.push(ms);
    guest.process.discard();
  }
  return timesOf(times);
}

/** Microseconds of one call, by the number under which the function is registered, and by its name. */
async function measureCalls(stage: Stage): Promise<{ readonly direct: number; readonly named: number }> {
  const guest = await makeGuest(stage);
  const add = await guest.register("add");
  const best = (call: (i: number) => unknown): number => {
    let bestMs = Number.POSITIVE_INFINITY;
    for (let round = 0; round < CALL_ROUNDS; round++) {
      const [ms] = elapsed(() => {
        for (let i = 0; i < CALLS; i++) call(i);
      });
      bestMs = Math.min(bestMs, ms);
    }
    return (bestMs * 1000) / CALLS;
  };
  const direct = best((i) => guest.directSync(add, [i, 1]));
  const named = best((i) => guest.callSync("add", [i, 1]));
  guest.process.discard();
  return { direct, named };
}

interface Journey {
  readonly freeze: Times;
  readonly thaw: Times;
  readonly bytes: number;
}

/** Stops the guest in the middle of a call, writes it as a file, reads that into a new process, and sees it finish. */
async function measureJourney(stage: Stage, rounds: number): Promise<Journey> {
  const freezes: number[] = [];
  const thaws: number[] = [];
  const sizes: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const guest = await makeGuest(stage);
    try {
      guest.callSync("remember", [2000], { gas: INTERRUPT_AFTER_GAS });
    } catch (error) {
      if (!(error instanceof UnfinishedError)) throw error;
    }
    const options = { base: stage.base, hasher: nodeHasher };
    const [freezeMs, file] = elapsed(() =>
      imageToBytes(encodeImage(guest.process.freeze({ copy: false }), { ...options, withModule: false }), options),
    );
    guest.process.discard();
    const [thawMs, process] = elapsed(() => {
      const image = bytesToImage(file, { base: () => stage.base, hasher: nodeHasher });
      return stage.kernel.thaw(decodeImage(image, options));
    });
    const end = process.finishSync();
    if (end.kind === "unfinished" || end.kind === "trap") throw new Error(`the thawed process ended: ${end.kind}`);
    process.discard();
    freezes.push(freezeMs);
    thaws.push(thawMs);
    sizes.push(file.length);
  }
  return { freeze: timesOf(freezes), thaw: timesOf(thaws), bytes: median(sizes) };
}

/** Bytes held per process, alive and as a difference file. */
async function measureMemory(stage: Stage): Promise<{ liveBytes: number; parkedBytes: number }> {
  const collect = (globalThis as { gc?: () => void }).gc ?? (() => undefined);
  collect();
  const before = process.memoryUsage.rss();
  const guests: JavaScriptInstance[] = [];
  for (let index = 0; index < IDLE_PROCESSES; index++) guests.push(await makeGuest(stage));
  collect();
  const liveBytes = (process.memoryUsage.rss() - before) / IDLE_PROCESSES;
  const options = { base: stage.base, hasher: nodeHasher };
  let parked = 0;
  for (const guest of guests) {
    const tree = guest.process.freeze({ copy: false });
    parked += imageToBytes(encodeImage(tree, { ...options, withModule: false }), options).length;
    guest.process.discard();
  }
  return { liveBytes, parkedBytes: parked / guests.length };
}

export async function benchProcesses(options: { readonly rounds: number }): Promise<Report> {
  const stage = await prepare();
  const start = measureStart(stage, options.rounds * 10);
  const startAfter = measureStartAfter(stage, options.rounds * 10);
  const call = await measureCalls(stage);
  const journey = await measureJourney(stage, options.rounds * 5);
  const memory = await measureMemory(stage);
  stage.kernel.close();
  const timed = (what: string, { medianMs, leastMs }: Times, asked: string): Cell[] => [
    what,
    `${medianMs.toFixed(2)} ms`,
    `${leastMs.toFixed(2)} ms`,
    asked,
  ];
  const rows: Cell[][] = [
    timed("new process, ready: started and called once", start, "1 ms"),
    timed("the same after another was discarded, whose instance serves again", startAfter, ""),
    ["synchronous call of a registered function, two small arguments", "", `${call.direct.toFixed(2)} µs`, "2 µs"],
    ["the same by its name", "", `${call.named.toFixed(2)} µs`, ""],
    timed("freeze and encode, in the middle of a call", journey.freeze, "2 ms"),
    timed("decode and thaw", journey.thaw, "2 ms"),
    ["image of it beyond the base", `${(journey.bytes / 1000).toFixed(1)} kB`, "", "20 kB"],
    ["idle process parked as an image, beyond the base", `${(memory.parkedBytes / 1e6).toFixed(3)} MB`, "", "0.4 MB"],
    ["idle process alive in memory (resident set)", `${(memory.liveBytes / 1e6).toFixed(2)} MB`, "", ""],
  ];
  return {
    name: "processes",
    title: "JavaScript processes",
    columns: ["what", "median", "least", "asked: at most"],
    rows,
    notes: [
      "The process is QuickJS with a small program loaded; the journey interrupts a loop that fills a Map. Times are by the wall clock.",
    ],
    details: { start, startAfter, call, ...journey, ...memory },
  };
}
