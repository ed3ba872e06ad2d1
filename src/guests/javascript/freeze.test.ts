import { describe, expect, it } from "vitest";
import { makeTestHost, rootOf, throughImage } from "../../../test/support/javascript.ts";
import type { TreeState } from "../../image/index.ts";
import type { Capability, Process } from "../../kernel/index.ts";
import { encodeMessage, makeCapability } from "../../passable/index.ts";
import { type Collector, capabilityOf, makeCollector, makeManualClock, makeTimersPower } from "../../powers/index.ts";
import { makeJavaScriptInstance } from "./index.ts";

const host = makeTestHost();

const main = (source: string) => encodeMessage(["main", "main.js", { "main.js": source }, []]);

/** Strings, closures, a class, recursion, exceptions, a generator, promises, a regular expression, a sort with a comparer. */
const VARIED = `
  class Box { #v; constructor(v) { this.#v = v } get v() { return this.#v } }
  const fib = (n) => n < 2 ? n : fib(n - 1) + fib(n - 2);
  function* count(n) { for (let i = 0; i < n; i++) { try { yield i } finally { log.push("f" + i) } } }
  const log = [];
  for (const i of count(3)) log.push(new Box(i).v);
  try { null.x } catch (e) { log.push(e.message) }
  log.push(fib(7), "a1b22".replace(/\\d+/g, (d) => d * 2), [3, 1, 2].sort((a, b) => a - b).join());
  await null;
  log.push(await Promise.all([1, Promise.resolve(2)]).then(([a, b]) => a + b), JSON.stringify({ d: 0.1 + 0.2 }), 2n ** 70n);
  console.log(log.join(" "));
`;
const VARIED_OUTPUT =
  "0 f0 1 f1 2 f2 cannot read property 'x' of null 13 a2b44 1,2,3 3 {\"d\":0.30000000000000004} 1180591620717411303424\n";

interface Run {
  readonly out: string;
  readonly root: string;
  readonly gasUsed: number;
  readonly freezes: number;
}

/** Runs to the end in steps of `gas`; between two steps the process becomes an image, and the image another process. */
function runInSteps(source: string, gas: number, pass: (state: TreeState) => TreeState): Run {
  const out = makeCollector();
  const powers = { stdout: out, stderr: out };
  let process = host.spawn({ powers }).process;
  process.deliverSync(main(source), { gas });
  let freezes = 0;
  while (process.status.state !== "ended") {
    const state = pass(process.freeze());
    freezes += 1;
    process.discard();
    process = host.kernel.thaw(state, { powers });
    process.finishSync({ gas });
  }
  return finish(process, out, freezes);
}

function finish(process: Process, out: Collector, freezes: number): Run {
  const run = { out: out.text(), root: rootOf(process.freeze()), gasUsed: process.meter.gasUsed, freezes };
  process.discard();
  return run;
}

function runThrough(source: string): Run {
  const out = makeCollector();
  const process = host.spawn({ powers: { stdout: out, stderr: out } }).process;
  process.deliverSync(main(source));
  if (process.status.state !== "ended") process.finishSync();
  return finish(process, out, 0);
}

describe("a script that is frozen and thawed at every slice", () => {
  it("ends as the one that was left alone, through images, every 10007 gas", () => {
    const whole = runThrough(VARIED);
    expect(whole.out).toBe(VARIED_OUTPUT);
    const stepped = runInSteps(VARIED, 10_007, throughImage);
    expect(stepped.freezes).toBeGreaterThan(50);
    expect({ ...stepped, freezes: 0 }).toEqual(whole);
  });

  it("ends so too with promises between processes, and messages that wait for them", () => {
    const inner = `
      const gate = Promise.withResolvers();
      function give() { return [gate.promise, Far("room", { open: (what) => { gate.resolve(what); return "opened" }, name: () => "room" })]; }
      async function read([promise]) { return "child read " + await promise; }`;
    const middle = `
      async function run(source) {
        const child = caper.spawn(source, { gas: 1e8, memoryBytes: 4e6 });
        const given = child.send("give");
        const room = E.get(given)[1];
        const name = E(room).name();
        const mine = Promise.withResolvers();
        const reading = child.send("read", [mine.promise]);
        const [promise, there] = await given;
        const early = E(promise).at(1);
        const opened = E(there).open(["a", "b"]);
        mine.resolve("what I wrote");
        E.sendOnly(there).name();
        return [await name, await opened, await early, await reading, (await promise).join()].join(" ");
      }`;
    // The one above only waits, so that its turn is over when all is done.
    const source = `
      const middle = caper.spawn(${JSON.stringify(middle)}, { gas: 1e9, memoryBytes: 16e6 });
      console.log(middle.call("run", ${JSON.stringify(inner)}));`;
    const whole = runThrough(source);
    expect(whole.out).toBe("room opened b child read what I wrote a,b\n");
    const stepped = runInSteps(source, 60_013, throughImage);
    expect(stepped.freezes).toBeGreaterThan(50);
    expect({ ...stepped, freezes: 0 }).toEqual(whole);
  });

  it("ends so too every 1009 gas", () => {
    const source = "const s = 'ab'.repeat(3).split('b'); console.log(s.length, [2, 1].sort().join());";
    const whole = runThrough(source);
    const stepped = runInSteps(source, 1009, (state) => state);
    expect(stepped.freezes).toBeGreaterThan(150);
    expect({ ...stepped, freezes: 0 }).toEqual(whole);
  });
});

/** Answers when it is told to, in whichever process asks. */
function makeGate(): { readonly capability: Capability; readonly asked: () => number; open(value: unknown): void } {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  let asked = 0;
  const capability = makeCapability({
    ask() {
      asked += 1;
      return promise;
    },
  });
  return { capability, asked: () => asked, open: resolve };
}

const settleAll = async (): Promise<void> => {
  for (let i = 0; i < 30; i += 1) await new Promise((resolve) => setImmediate(resolve));
};

describe("a call that waits, deep in the stack of a script", () => {
  const source = `
    const gate = caper.power("gate");
    let depth = 0;
    function descend(n) { depth++; return n === 0 ? [1].map(() => gate.ask("deep"))[0] : [n].map((k) => descend(k - 1) + 1)[0]; }
    const sorted = [3, 1, 2].sort((a, b) => { if (a === 1) descend(20); return a - b });
    console.log(depth, sorted.join());`;

  it("parks the process, which goes on in another one when the answer is there", async () => {
    const out = makeCollector();
    const gate = makeGate();
    const first = host.spawn({ powers: { stdout: out }, endowments: { gate: gate.capability } }).process;
    void first.deliver(main(source));
    await settleAll();
    expect(first.status.state).toBe("parked");
    expect(gate.asked()).toBe(1);
    const frames = first.freeze().processes[0]?.machine?.frames.length ?? 0;
    expect(frames).toBeGreaterThan(40);
    const state = throughImage(first.freeze());
    const [waiting] = first.outstanding;
    first.discard();
    const second = host.kernel.thaw(state, {
      powers: { stdout: out },
      resolveLocator: () => gate.capability,
      resolveCall: () => waiting?.answer,
    });
    gate.open(5);
    await settleAll();
    // Each of the other comparisons with 1 asks again, and is answered at once.
    expect(second.status).toMatchObject({ state: "ended", stop: { kind: "exit", code: 0 } });
    expect(out.text()).toMatch(/^\d+ 1,2,3\n$/);
  });

  it("fails inside of the script where the call is lost", async () => {
    const out = makeCollector();
    const gate = makeGate();
    const first = host.spawn({ powers: { stdout: out }, endowments: { gate: gate.capability } }).process;
    void first.deliver(main("try { caper.power('gate').ask() } catch (e) { console.log(e.name, e.code) }"));
    await settleAll();
    const state = throughImage(first.freeze());
    first.discard();
    const second = host.kernel.thaw(state, { powers: { stdout: out }, resolveLocator: () => gate.capability });
    await second.resume();
    await settleAll();
    expect(out.text()).toBe("BrokenError lost\n");
    expect(second.status.state).toBe("ended");
  });
});

describe("timers", () => {
  const source = `
    const seen = []; let ticks = 0;
    const at = (what) => () => seen.push(what + Math.floor(Date.now() / 1000 % 1000));
    const id = setInterval(() => { at("tick ")(); if (++ticks === 3) { clearInterval(id); console.log(seen.join()) } }, 10_000);
    setTimeout(at("late "), 25_000); setTimeout(at("soon "), 15_000); clearTimeout(setTimeout(at("never "), 5_000));
    await new Promise((resolve) => setTimeout(resolve, 14_000)); at("slept ")();`;

  /** Frozen after 12 seconds and again at once after that, and thawed 5 seconds later; "gone": without the power. */
  async function sleepThrough(name: "timers" | "gone", hasClock: boolean): Promise<{ out: string; errors: string }> {
    const [stdout, stderr, clock] = [makeCollector(), makeCollector(), makeManualClock()];
    const powers = { stdout, stderr, ...(hasClock ? { clock } : {}) };
    const timers = capabilityOf(makeTimersPower(clock));
    let { process } = host.spawn({ powers, endowments: { timers } });
    const pass = async (seconds: number): Promise<void> => {
      for (let second = 0; second < seconds; second += 1) {
        await settleAll();
        clock.advance(1_000_000_000n);
      }
      await settleAll();
    };
    void process.deliver(main(source));
    await pass(12);
    for (let n = 0; n < 2; n += 1) {
      const state = throughImage(process.freeze());
      process.discard();
      clock.advance(2_500_000_000n);
      process = host.kernel.thaw(state, { powers, resolveLocator: () => (name === "timers" ? timers : undefined) });
    }
    void process.resume();
    await pass(30);
    expect(process.status.state).toBe("ended");
    return { out: stdout.text(), errors: stderr.text() };
  }

  it("go on for what is left of their time", async () => {
    expect(await sleepThrough("timers", true)).toEqual({
      out: "tick 10,soon 17,slept 17,tick 20,late 25,tick 30\n",
      errors: "",
    });
  });

  it("begin anew where there is no clock that says what is left", async () => {
    const { out, errors } = await sleepThrough("timers", false);
    expect(out.replaceAll(/ \d+/g, "")).toBe("tick,tick,slept,soon,tick\n");
    expect(errors).toBe("");
  });

  it("fail where the power is gone", async () => {
    const { errors } = await sleepThrough("gone", true);
    expect(errors).toContain("BrokenError");
  });
});

describe("an idle process", () => {
  it("keeps its globals, modules, pending promises and references", async () => {
    const read = makeCapability({ read: () => "still here" });
    const js = host.spawn({ endowments: { files: read } });
    await js.import("m.js", {
      "m.js": "let n = 0; export const next = () => ++n; export const read = () => caper.power('files').read()",
    });
    await js.evaluate(
      "globalThis.pending = new Promise((r) => { globalThis.release = r }); pending.then((v) => { globalThis.released = v }); 0",
    );
    await js.call("next");
    const state = throughImage(js.process.freeze());
    js.process.discard();
    const again = makeJavaScriptInstance(host.kernel.thaw(state, { resolveLocator: () => read }));
    expect(await again.call("next")).toBe(2);
    expect(await again.call("read")).toBe("still here");
    await again.evaluate("release(9)");
    expect(await again.evaluate("released")).toBe(9);
  });

  it("is the same image for the same history, whatever the slices", async () => {
    const roots = [];
    for (const gas of [50_000, 1_000_000_000]) {
      const js = host.spawn();
      const message = encodeMessage(["eval", "a.js", "let s = ''; for (let i = 0; i < 300; i++) s += i; s.length"]);
      js.process.deliverSync(message, { gas });
      while (js.process.status.state !== "idle") js.process.finishSync({ gas });
      roots.push(rootOf(js.process.freeze()));
    }
    expect(roots[0]).toBe(roots[1]);
  });
});

describe("children of scripts", () => {
  it("are spawned, called, refilled, frozen and thawed by them", async () => {
    const js = host.spawn({ endowments: { files: makeCapability({ read: (path) => `content of ${String(path)}` }) } });
    expect(
      await js.evaluate(`
        const files = caper.power("files");
        const child = caper.spawn("let total = 0; function add(n) { return total += n } function read(p) { return files.read(p) } function boom() { null.x }",
          { gas: 1e8, memoryBytes: 4e6, powers: { files } });
        const image = (child.call("add", 1), child.call("add", 2), child.freeze());
        const left = caper.thaw(image, { gas: 1e8, memoryBytes: 4e6, powers: { files } }), right = caper.thaw(image, { gas: 1e8, memoryBytes: 4e6 });
        [left.call("add", 10), right.call("add", 20), left.call("read", "x")]`),
    ).toEqual([13, 23, "content of x"]);
    expect(await js.evaluate("try { left.call('boom') } catch (e) { [e.name, e instanceof TypeError] }")).toEqual([
      "TypeError",
      true,
    ]);
    expect(await js.evaluate("try { child.call('add', 1) } catch (e) { e.name }")).toBe("ReferenceError");
    expect(await js.evaluate("E(files).read(1).then(() => left.send('add', 1))")).toBe(14);
  });

  it("have after a thaw only the powers that they are given then", async () => {
    const js = host.spawn({ endowments: { files: makeCapability({ read: () => "x" }) } });
    expect(
      await js.evaluate(`
        const files = caper.power("files");
        const child = caper.spawn("function read() { return files.read() }", { gas: 1e8, memoryBytes: 4e6, powers: { files } });
        const without = caper.thaw(child.freeze(), { gas: 1e8, memoryBytes: 4e6 });
        try { without.call("read") } catch (e) { e.message }`),
    ).toContain("nothing stands for this capability");
  });

  it("cost their own budget only, and go on after a refill", async () => {
    const js = host.spawn();
    const [stop, result, meters] = (await js.evaluate(`
      const before = caper.meter().gas;
      const child = caper.spawn("let n = 0; function work(m) { for (let i = 0; i < m; i++) n++; return n }", { gas: 2e6, memoryBytes: 4e6 });
      let stopped;
      try { child.call("work", 10000) } catch (e) { stopped = e }
      child.refill({ gas: 1e9 });
      child.resume();
      const result = stopped.wait();
      const used = child.meter().gasUsed;
      child.discard();
      [stopped.stop, result, [before - caper.meter().gas, used]]`)) as [unknown, number, [number, number]];
    expect(stop).toEqual({ kind: "out-of-gas" });
    expect(result).toBe(10_000);
    expect(meters[0]).toBeGreaterThan(meters[1]);
    expect(meters[0]).toBeLessThan(meters[1] + 3_000_000);
  });

  it("may have a keeper that is asked each time", async () => {
    const js = host.spawn();
    expect(
      await js.evaluate(`
        let asked = 0;
        const child = caper.spawn("function work(m) { let n = 0; for (let i = 0; i < m; i++) n++; return n }",
          { gas: 1e6, memoryBytes: 4e6, keeper: (stop, c) => { asked++; return { gas: 2e6 } } });
        [child.call("work", 10000), asked > 2]`),
    ).toEqual([10_000, true]);
  });
});

it("had no fault of the host", () => {
  expect(host.faults).toEqual([]);
});
