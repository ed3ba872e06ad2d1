import { describe, expect, it } from "vitest";
import { INPUT_BYTES_MAX, makeBytesInput, makeInputPower, makeQueueInput } from "./index.ts";

describe("the power input", () => {
  it("gives what there is, then waits, then the end", async () => {
    const queue = makeQueueInput();
    const input = makeInputPower(queue);
    queue.push("abc");
    expect(await input.read(2)).toEqual(new TextEncoder().encode("ab"));
    expect(await input.read()).toEqual(new TextEncoder().encode("c"));
    const later = input.read();
    queue.push("d");
    expect(await later).toEqual(new TextEncoder().encode("d"));
    queue.end();
    expect(await input.read()).toBeUndefined();
  });

  it("reads characters that lie across pieces", async () => {
    const text = "\u00e9".repeat(40_000);
    expect(await makeInputPower(makeBytesInput(`x${text}`)).readText()).toBe(`x${text}`);
  });

  it("refuses counts that are none, and more text than fits into a message", async () => {
    await expect(makeInputPower(makeBytesInput("")).read(0)).rejects.toThrow("input.read: argument 1 (countMax)");
    const atLimit = makeInputPower(makeBytesInput(new Uint8Array(INPUT_BYTES_MAX)));
    expect((await atLimit.readText()).length).toBe(INPUT_BYTES_MAX);
    const over = makeInputPower(makeBytesInput(new Uint8Array(INPUT_BYTES_MAX + 1)));
    await expect(over.readText()).rejects.toThrow(/read it in pieces/);
  });
});
