import { transformSync } from "amaro";
import { describe, expect, it } from "vitest";
import { failureOf, makeTestHost, throughImage } from "../../../test/support/javascript.ts";
import { capabilityOf, makeCollector, makeManualClock, makeSeededRandom, makeTimersPower } from "../../powers/index.ts";
import { resolveSpecifier } from "./collect.ts";
import { collectModules, isTypeScriptName, SourceError, startMain, stripModules } from "./index.ts";

const host = makeTestHost();
const strip = (source: string): string => transformSync(source, { mode: "strip-only" }).code;

interface Ended {
  readonly status: unknown;
  readonly out: string;
  readonly errors: string;
}

async function runFiles(files: { readonly [name: string]: string }, args: readonly string[] = []): Promise<Ended> {
  const [stdout, stderr, clock] = [makeCollector(), makeCollector(), makeManualClock()];
  const { process } = host.spawn({
    powers: { stdout, stderr, clock },
    endowments: { timers: capabilityOf(makeTimersPower(clock)) },
  });
  const modules = await collectModules({ entry: "main.ts", read: (name) => files[name], strip });
  startMain(process, { entry: "main.ts", modules, args });
  for (let round = 0; round < 300 && process.status.state !== "ended"; round += 1) {
    if (process.status.state === "idle") clock.advance(1_000_000n);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const ended = { status: process.status, out: stdout.text(), errors: stderr.text() };
  process.discard();
  return ended;
}

const exit = (code: number) => ({ state: "ended", stop: { kind: "exit", code } });

describe("a program", () => {
  it("runs its modules, waits for its timers and ends", async () => {
    const ended = await runFiles(
      {
        "main.ts": `import { x } from "./lib/x.ts"; type T = number; const y: T = x;
          console.log("y", y, caper.args); setTimeout(() => console.log("late"), 5); export {}`,
        "lib/x.ts": "export const x: number = 5 as number;",
      },
      ["a", "b"],
    );
    expect(ended).toEqual({ status: exit(0), out: 'y 5 ["a", "b"]\nlate\n', errors: "" });
  });

  it("that fails says why on its error output", async () => {
    expect(
      await runFiles({ "main.ts": 'console.log(1);\nfunction f() { throw new TypeError("oops") }\nf();' }),
    ).toEqual({
      status: exit(1),
      out: "1\n",
      errors: "Uncaught TypeError: oops\n    at f (main.ts:2:26)\n    at <anonymous> (main.ts:3:1)\n",
    });
    expect(
      await runFiles({ "main.ts": 'Promise.reject(new Error("rejected")); setTimeout(() => console.log("late"), 5)' }),
    ).toEqual({
      status: exit(1),
      out: "",
      errors: "Uncaught Error: rejected\n    at <anonymous> (main.ts:1:20)\n",
    });
    expect((await runFiles({ "main.ts": "setTimeout(() => { throw 5 }, 1)" })).status).toEqual(exit(1));
    expect((await runFiles({ "main.ts": 'import "./gone.ts"' })).errors).toContain("could not load module 'gone.ts'");
  });

  it("ends with the code it says, or 13 where nothing can go on", async () => {
    expect((await runFiles({ "main.ts": "caper.exit(7); console.log('never')" })).status).toEqual(exit(7));
    expect(await runFiles({ "main.ts": "await new Promise(() => {})" })).toMatchObject({
      status: exit(13),
      errors: "the program waits for a promise that nothing will settle\n",
    });
  });

  it("goes on after a freeze while it waits for a timer", async () => {
    const [stdout, clock] = [makeCollector(), makeManualClock()];
    const first = host.spawn({
      powers: { stdout, clock },
      endowments: { timers: capabilityOf(makeTimersPower(clock)) },
    }).process;
    startMain(first, {
      entry: "m.js",
      modules: { "m.js": "console.log('start'); await new Promise((r) => setTimeout(r, 10)); console.log('end')" },
    });
    for (let i = 0; i < 100 && stdout.text() === ""; i += 1) await new Promise((resolve) => setImmediate(resolve));
    for (let i = 0; i < 10; i += 1) await new Promise((resolve) => setImmediate(resolve));
    const [waiting] = first.outstanding;
    const state = throughImage(first.freeze());
    first.discard();
    const second = host.kernel.thaw(state, {
      powers: { stdout, clock },
      resolveLocator: () => capabilityOf(makeTimersPower(clock)),
      resolveCall: () => waiting?.answer,
    });
    clock.advance(10_000_000n);
    for (let i = 0; i < 100 && second.status.state !== "ended"; i += 1)
      await new Promise((resolve) => setImmediate(resolve));
    expect(second.status).toEqual(exit(0));
    expect(stdout.text()).toBe("start\nend\n");
  });

  it("needs its entry among its modules", () => {
    expect(() => startMain(host.spawn().process, { entry: "a.js", modules: {} })).toThrow(
      "a.js is not among the modules",
    );
  });
});

describe("collecting modules", () => {
  it("follows what has the form of an import", async () => {
    const files: { [name: string]: string } = {
      "src/main.js": `import a from "./a.js"; import * as b from '../b.js'; export { c } from "./deep/c.js"; import "bare";
        const d = await import("./d.js"); // import "./in-a-comment.js"
        const notOne = { import: "./no.js" };`,
      "src/a.js": "import './main.js'",
      "b.js": "",
      "src/deep/c.js": "export * from '../../b.js'; export const c = 1",
      "src/d.js": "",
      bare: "",
      unused: "",
    };
    const modules = await collectModules({ entry: "src/main.js", read: (name) => files[name] });
    expect(Object.keys(modules).sort()).toEqual([
      "b.js",
      "bare",
      "src/a.js",
      "src/d.js",
      "src/deep/c.js",
      "src/main.js",
    ]);
    expect((await failureOf(collectModules({ entry: "none.js", read: () => undefined }))).message).toBe(
      "none.js: no such module",
    );
  });

  it("resolves names as the engine does", () => {
    expect(resolveSpecifier("a/b/c.js", "./d.js")).toBe("a/b/d.js");
    expect(resolveSpecifier("a/b/c.js", "../d.js")).toBe("a/d.js");
    expect(resolveSpecifier("c.js", "./x/../d.js")).toBe("d.js");
    expect(resolveSpecifier("c.js", "../d.js")).toBe("../d.js");
    expect(resolveSpecifier("a/c.js", "lodash/x")).toBe("lodash/x");
  });
});

describe("TypeScript", () => {
  it("is stripped by name, with a position for what cannot be", () => {
    expect(["a.ts", "a.mts", "a.cts", "a.js", "ts", "a.tsx"].filter(isTypeScriptName)).toEqual([
      "a.ts",
      "a.mts",
      "a.cts",
    ]);
    expect(stripModules({ "a.js": "let x: any", "b.ts": "let x: number = 1" }, strip)).toEqual({
      "a.js": "let x: any",
      "b.ts": "let x         = 1",
    });
    const messageOf = (source: string): string => {
      try {
        stripModules({ "bad.ts": source }, strip);
      } catch (error) {
        expect(error).toBeInstanceOf(SourceError);
        return (error as Error).message;
      }
      return "none";
    };
    expect(messageOf("let a = 1;\n\nlet x: = 5")).toMatch(/^bad\.ts: line 3, column 8: Unexpected token/);
    expect(messageOf("enum A { B }")).toBe(
      "bad.ts: line 1, column 1: TypeScript enum is not supported in strip-only mode",
    );
  });
});

describe("powers of a script", () => {
  it("replace what is fixed without them", async () => {
    const clock = makeManualClock({ realtime: 1_700_000_000_000_000_000n });
    const js = host.spawn({ powers: { clock, random: makeSeededRandom({ seed: 1 }) } });
    expect(await js.evaluate("Date.now()")).toBe(1_700_000_000_000);
    const draw = "[Math.random(), Math.random(), Math.random()]";
    const drawn = (await js.evaluate(draw)) as number[];
    expect(drawn.every((value) => value >= 0 && value < 1)).toBe(true);
    expect(drawn).not.toEqual(await host.spawn().evaluate(draw));
    expect(await host.spawn({ powers: { random: makeSeededRandom({ seed: 1 }) } }).evaluate(draw)).toEqual(drawn);
  });
});

it("had no fault of the host", () => {
  expect(host.faults).toEqual([]);
});
