import { describe, expect, it } from "vitest";
import { makeTestHost, throughImage } from "../../../test/support/javascript.ts";
import type { Plain, Process } from "../../kernel/index.ts";
import { directPayload } from "./direct.ts";
import {
  type CallbackAnswer,
  type CallbackRequest,
  CallbackText,
  type DirectResult,
  type JavaScriptInstance,
  makeJavaScriptInstance,
  type OnCallback,
} from "./index.ts";

const host = makeTestHost();

const SCRIPT = `
  let jobs = 0;
  globalThis.work = (text, number) => {
    Promise.resolve().then(() => { jobs++; });
    const list = [];
    for (let i = 0; i < 3; i++) list.push(caper.callHost(1, text, number + i), caper.askHost("[" + i + "]"));
    return { list, jobs };
  };
  globalThis.again = (value) => value + "!" + jobs;
  globalThis.fail = (text) => { caper.callHost(2, text); throw new RangeError(text) };
`;

/** What the host answers depends on nothing but the request. */
function answer(request: CallbackRequest): CallbackAnswer {
  if (request.kind === "text") return new CallbackText(JSON.stringify({ asked: request.text }));
  const [text, number] = request.args;
  return request.id === 1 ? `${text}${(number as number) / 4}` : undefined;
}

interface Stage {
  readonly js: JavaScriptInstance;
  readonly ids: { readonly work: number; readonly again: number; readonly fail: number };
}

async function makeStage(onCallback: OnCallback): Promise<Stage> {
  const js = host.spawn({ powers: { onCallback } });
  await js.evaluate(SCRIPT);
  const [work, again, fail] = [await js.register("work"), await js.register("again"), await js.register("fail")];
  return { js, ids: { work, again, fail } };
}

const TEXT = "wide \u3042\ud800 ";

interface Run {
  readonly result: unknown;
  readonly gas: number;
  readonly stops: number;
}

/** Which slices: one as long as `first`, `count` of `gas`, and the rest in one. */
interface Slices {
  readonly first?: number;
  readonly gas: number;
  readonly count?: number;
}

/** Runs a direct call in slices; "between" may put another process in the place of the one that stopped. */
function runInSlices(process: Process, payload: Plain, slices: Slices, between: (process: Process) => Process): Run {
  const before = process.meter.gasUsed;
  const { first = slices.gas, gas, count = Number.POSITIVE_INFINITY } = slices;
  let at = process;
  let result = at.directSync(payload, { gas: first });
  let stops = 0;
  while (result.kind === "unfinished") {
    stops += 1;
    at = between(at);
    result = at.finishSync({ gas: stops <= count ? gas : Number.POSITIVE_INFINITY });
  }
  const run = { result, gas: at.meter.gasUsed - before, stops };
  if (at !== process) at.discard();
  return run;
}

const WHOLE: Slices = { gas: Number.POSITIVE_INFINITY };

const stay = (process: Process) => process;

describe("a direct call", () => {
  it("gives the same, for the same gas, in slices of any size", async () => {
    const stage = await makeStage(answer);
    const image = stage.js.process.freeze();
    const run = (payload: Plain, slices: Slices): Run => {
      const process = host.kernel.thaw(image, { powers: { onCallback: answer } });
      const done = runInSlices(process, payload, slices, stay);
      process.discard();
      return done;
    };
    for (const payload of [directPayload(stage.ids.work, [TEXT, 7]), directPayload(stage.ids.fail, [TEXT])]) {
      const { result, gas: used } = run(payload, WHOLE);
      const small = [1, 2, 3, 7].flatMap((gas, i) =>
        [0, 0.25, 0.5, 0.75].map((part) => ({ first: Math.floor(used * (part + i / 16)) + 1, gas, count: 40 })),
      );
      for (const slices of [...small, { gas: 1009 }, { gas: 40_000 }]) {
        const cut = run(payload, slices);
        expect({ result: cut.result, gas: cut.gas }, JSON.stringify(slices)).toEqual({ result, gas: used });
        expect(cut.stops).toBeGreaterThan(0);
      }
    }
  });

  it("goes on from an image, wherever it was", async () => {
    const stage = await makeStage(answer);
    const payload = directPayload(stage.ids.work, [TEXT, 7]);
    const image = throughImage(stage.js.process.freeze());
    const thaw = (state = image) => host.kernel.thaw(throughImage(state), { powers: { onCallback: answer } });
    const uncut = runInSlices(thaw(), payload, WHOLE, stay);
    const cut = runInSlices(thaw(), payload, { gas: 6007 }, (process) => {
      const state = process.freeze();
      process.discard();
      return thaw(state);
    });
    expect(cut.stops).toBeGreaterThan(10);
    expect({ result: cut.result, gas: cut.gas }).toEqual({ result: uncut.result, gas: uncut.gas });
  });
});

describe("a callback in a direct call", () => {
  it("may call the process again, natively and cut short", async () => {
    for (const gas of [undefined, 100, 700, 5000]) {
      const inner: unknown[] = [];
      const stage: Stage = await makeStage((request) => {
        if (request.kind === "text") {
          const result = stage.js.directSync(stage.ids.again, ["日本"], gas === undefined ? {} : { gas });
          inner.push(result);
        }
        return answer(request);
      });
      const outer = stage.js.directSync(stage.ids.work, [TEXT, 7]);
      const whole = outer.kind === "unfinished" ? stage.js.process.finishSync() : undefined;
      const result = whole === undefined ? outer : (whole as { returned: DirectResult }).returned;
      const plain = await makeStage(answer);
      expect(result).toEqual(plain.js.directSync(plain.ids.work, [TEXT, 7]));
      expect(inner).toHaveLength(3);
      if (gas === undefined || gas === 5000) expect(inner[0]).toEqual({ kind: "value", value: "日本!0" });
      if (gas === 100) expect(inner[0]).toEqual({ kind: "unfinished" });
      expect(stage.js.directSync(stage.ids.again, [1])).toEqual({ kind: "value", value: "1!1" });
    }
  });

  it("parks the process until its promise is settled, and others may be called meanwhile", async () => {
    const gates: ((answer: CallbackAnswer) => void)[] = [];
    const stage = await makeStage((request) =>
      request.kind === "text" ? new Promise((resolve) => gates.push(resolve)) : answer(request),
    );
    expect(stage.js.directSync(stage.ids.work, [TEXT, 7])).toEqual({ kind: "parked" });
    expect(stage.js.directSync(stage.ids.again, ["meanwhile"])).toEqual({ kind: "value", value: "meanwhile!0" });
    const finished = stage.js.process.resume();
    for (let i = 0; i < 3; i++) {
      while (gates.length === i) await new Promise((resolve) => setImmediate(resolve));
      gates[i]?.(new CallbackText(`{"asked":"[${i}]"}`));
    }
    const plain = await makeStage(answer);
    expect(await finished).toMatchObject({ returned: plain.js.directSync(plain.ids.work, [TEXT, 7]) });
  });

  it("is lost, not repeated, where the host that was to answer is gone", async () => {
    const stage = await makeStage((request) => (request.kind === "text" ? new Promise(() => {}) : answer(request)));
    expect(stage.js.directSync(stage.ids.work, ["a", 0])).toEqual({ kind: "parked" });
    const thawed = host.kernel.thaw(throughImage(stage.js.process.freeze()), { powers: { onCallback: answer } });
    const end = thawed.finishSync();
    expect(end).toMatchObject({ kind: "done", returned: { kind: "thrown" } });
    expect(JSON.stringify(end)).toContain("BrokenError");
    expect(makeJavaScriptInstance(thawed).directSync(stage.ids.again, ["b"])).toEqual({ kind: "value", value: "b!1" });
  });
});
