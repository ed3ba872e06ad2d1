import { describe, expect, it } from "vitest";
import { makeTestHost, rootOf, throughImage } from "../../../test/support/javascript.ts";
import type { TreeState } from "../../image/index.ts";
import { encodeMessage } from "../../passable/index.ts";

const host = makeTestHost();
/** The shortest that there is: a message, a method of the root, an answer. */
const message = encodeMessage(["get", "globalThis"]);

/** The root of the state in which a process is at rest after the message, having been frozen after every `gas`. */
function restingRoot(
  gas: number,
  pass: (state: TreeState) => TreeState,
): { root: string; gasUsed: number; freezes: number } {
  let process = host.spawn().process;
  process.deliverSync(message, { gas });
  let freezes = 0;
  while (process.status.state !== "idle") {
    if (gas !== Number.POSITIVE_INFINITY) {
      const state = pass(process.freeze());
      freezes += 1;
      process.discard();
      process = host.kernel.thaw(state);
    }
    process.finishSync({ gas });
  }
  const result = { root: rootOf(process.freeze()), gasUsed: process.meter.gasUsed, freezes };
  process.discard();
  return result;
}

describe("the engine, frozen and thawed at every slice of a message", () => {
  const whole = restingRoot(Number.POSITIVE_INFINITY, (state) => state);

  it.each([
    [10_007, throughImage],
    [1009, throughImage],
    [100, (state: TreeState) => state],
    [7, (state: TreeState) => state],
  ])("of %i gas ends as if left alone", { timeout: 900_000 }, (gas, pass) => {
    const stepped = restingRoot(gas, pass);
    expect(stepped.freezes).toBeGreaterThan(whole.gasUsed / gas / 8);
    expect({ ...stepped, freezes: 0 }).toEqual({ ...whole, freezes: 0 });
  });
});
