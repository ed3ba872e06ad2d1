import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { javascriptEngine, makeTestHost } from "../../../test/support/javascript.ts";
import type { Plain } from "../../image/index.ts";
import { encodeMessage } from "../../passable/index.ts";
import { freshState, loadState, saveState } from "./state.ts";
import type { Task } from "./tasks.ts";

const places = { context: 1, runtime: 2, dispatcher: -3n, mailbox: 4, control: 5, jobs: 6 };

/** A state with one of everything. */
function fullState() {
  const state = freshState(places);
  state.sources.set("a.js", [8, 9]);
  const tasks: Task[] = [
    { kind: "text", step: 1, event: 0, a: 0, b: 2, text: new Uint8Array([1]), buffer: 7, string: -1n },
    {
      kind: "direct",
      step: 2,
      id: 30,
      name: "n",
      args: [null, true, 1.5, Number.NaN, "a", [], new Uint8Array([0, 0xd8])],
      owned: [-1n, 2n],
      made: 1,
      result: { kind: "value", value: "\ud800" },
    },
    { kind: "source", step: 0, name: "b.js", source: new Uint8Array([2]) },
    { kind: "evaluate", step: 2, name: "c.js", source: new Uint8Array(), buffer: 0, value: 0n, ok: true },
    { kind: "rejection", step: 0, promise: 1, reason: 2, handled: false },
    { kind: "import", step: 0 },
    { kind: "jobs", step: 0 },
    { kind: "report", step: 0 },
    { kind: "turnEnd", step: 0 },
  ];
  state.turns.push(
    { kind: "message", tasks, result: undefined },
    { kind: "direct", tasks: [], result: { kind: "thrown", text: "t" } },
    { kind: "direct", tasks: [], result: { kind: "value", value: undefined } },
    { kind: "direct", tasks: [], result: { kind: "kept", number: 1 } },
  );
  state.functions.set(20, -5n);
  state.callees.set("2 n", 20);
  state.rejections.push(1, 2, 0);
  return { ...state, reportDue: true, isMain: true, turnEndDue: true, inbox: new Uint8Array([3]) };
}

/** The saved state with one field, anywhere in it, replaced. */
function withChange(value: Plain, path: readonly number[], change: Plain): Plain {
  if (path.length === 0 || typeof value !== "object" || value === null || value instanceof Uint8Array) return change;
  const keys = Object.keys(value);
  const key = keys[(path[0] as number) % Math.max(1, keys.length)];
  if (key === undefined) return change;
  const inner = withChange((value as { [key: string]: Plain })[key] as Plain, path.slice(1), change);
  return Array.isArray(value)
    ? (value as Plain[]).map((item, index) => (String(index) === key ? inner : item))
    : { ...(value as object), [key]: inner };
}

describe("what a JavaScript process saves beside its memory", () => {
  it("comes back as it was", () => {
    expect(loadState(saveState(fullState()))).toEqual(fullState());
  });

  it("is refused by name where it is something else", () => {
    const saved = saveState(fullState());
    const change = fc.constantFrom<Plain>(null, "x", 1.5, -1e12, [], {}, new Uint8Array(1), true, 2n ** 70n);
    fc.assert(
      fc.property(fc.array(fc.nat(20), { maxLength: 4 }), change, (path, value) => {
        try {
          loadState(withChange(saved, path, value));
        } catch (error) {
          expect((error as Error).message).toMatch(/^image: javascript/);
        }
      }),
      { numRuns: 2000 },
    );
    expect(() =>
      loadState({
        ...(saved as object),
        turns: [{ kind: "message", tasks: [{ kind: "jump", step: 0 }], result: null }],
      }),
    ).toThrow("image: javascript: turns: 0: tasks: 0: kind: expected one of");
  });

  it("with places outside of the memory fails the process, not the host", async () => {
    const host = makeTestHost();
    const state = host.spawn().process.freeze();
    const [first] = state.processes;
    if (first === undefined) throw new Error("no process");
    const broken = { ...freshState({ ...places, mailbox: 2 ** 32 - 8, control: 2 ** 32 - 8 }) };
    const guest = { ...first.guest, state: saveState(broken) };
    const process = host.kernel.thaw({ ...state, processes: [{ ...first, guest }] });
    const answer = await process.deliver(encodeMessage(["eval", "a.js", "1"]));
    expect(answer.status).toBe("broken");
    expect(process.status.state).toBe("ended");
    expect(javascriptEngine().kind.name).toBe(first.guest.kind);
    expect(await host.spawn().evaluate("1 + 1")).toBe(2);
  });
});
