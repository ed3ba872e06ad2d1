import { describe, expect, it } from "vitest";
import { KernelError } from "../index.ts";
import { Link, type Methods } from "./link.ts";
import { makeWebPort } from "./port.ts";

/** Two ends of a real channel, so that everything is cloned on its way. */
function makePair(left: Methods, right: Methods): { left: Link; right: Link } {
  const { port1, port2 } = new MessageChannel();
  return { left: new Link(makeWebPort(port1), left), right: new Link(makeWebPort(port2), right) };
}

const closed = new KernelError("state", "closed");

describe("a link over a port", () => {
  it("calls methods of the other side, with plain data and promises", async () => {
    const { left, right } = makePair({ twice: (n: number) => n * 2 }, { later: async (text: string) => `${text}!` });
    expect(await right.call(0, "twice", 21)).toBe(42);
    expect(await left.call(0, "later", "soon")).toBe("soon!");
    left.close(closed);
    right.close(closed);
  });

  it("refuses methods and objects that were not exported, inherited ones too", async () => {
    const { left, right } = makePair({}, {});
    const own = left.export({ ask: () => "mine" });
    expect(await right.call(own, "ask")).toBe("mine");
    for (const [object, method] of [
      [0, "nothing"],
      [own, "toString"],
      [own, "constructor"],
      [own, "__proto__"],
      [77, "ask"],
    ] as const) {
      await expect(right.call(object, method)).rejects.toMatchObject({ name: "KernelError", code: "state" });
    }
    left.drop(own);
    await expect(right.call(own, "ask")).rejects.toMatchObject({ code: "state" });
    left.close(closed);
    right.close(closed);
  });

  it("carries errors by name, code and message, without their stacks", async () => {
    const { left, right } = makePair(
      {
        range() {
          throw new RangeError("too far");
        },
        kernel() {
          throw new KernelError("budget", "too dear");
        },
      },
      {},
    );
    await expect(right.call(0, "range")).rejects.toBeInstanceOf(RangeError);
    const error = await right.call(0, "kernel").catch((caught: unknown) => caught);
    expect(error).toMatchObject({ name: "KernelError", code: "budget", message: "too dear" });
    left.close(closed);
    right.close(closed);
  });

  it("says so where no clone carries an argument, an answer or what was thrown", async () => {
    const { left, right } = makePair(
      {
        function: () => () => 1,
        object() {
          throw Object.create(null);
        },
        name() {
          throw Object.assign(new Error("odd"), { name: () => 1 });
        },
        twice: (n: number) => n * 2,
      },
      {},
    );
    await expect(right.call(0, "function")).rejects.toMatchObject({ name: "DataCloneError" });
    await expect(right.call(0, "object")).rejects.toThrow("a value without a text");
    await expect(right.call(0, "name")).rejects.toThrow("odd");
    await expect(right.call(0, "twice", () => 1)).rejects.toMatchObject({ name: "DataCloneError" });
    expect(await right.call(0, "twice", 4)).toBe(8);
    left.close(closed);
    right.close(closed);
  });

  it("rejects what is under way when it is closed, and everything after", async () => {
    const { left, right } = makePair({ never: () => new Promise(() => {}) }, {});
    const call = right.call(0, "never");
    right.close(closed);
    await expect(call).rejects.toBe(closed);
    await expect(right.call(0, "never")).rejects.toBe(closed);
    left.close(closed);
  });
});
