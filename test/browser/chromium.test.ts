/**
 * The same kernel, images and guests in a real browser: what was frozen in Node goes on in Chromium, is frozen there and ends in
 * Node, and nothing of the journey can be seen in the final image.
 *
 * @module
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import { C_PROGRAMS, readProgram } from "../../bench/programs.ts";
import { describeWith } from "../support/needs.ts";
import { type BrowserSide, openChromium } from "./chromium.ts";
import { type LegInit, travel } from "./journey.ts";

const GAS = 1_000_000_000;

function startOf(name: string, size: number): LegInit["from"] {
  return { program: readProgram(name), args: [`${name}.wasm`, String(size)], gas: GAS };
}

describeWith(["chromium"], "Chromium", () => {
  let browser: BrowserSide;
  beforeAll(async () => {
    browser = await openChromium();
  });
  afterAll(() => browser?.[Symbol.asyncDispose]());

  for (const { name, testSize, testLine } of C_PROGRAMS) {
    it(`runs ${name} with Node's output, gas and final image`, async () => {
      const from = startOf(name, testSize);
      const here = await travel({ from });
      const { image, ...there } = await browser.travel({ from });
      expect(there).toEqual({ root: here.root, gasUsed: here.gasUsed, output: `${testLine}\n`, status: here.status });
      expect(Buffer.compare(image, here.image)).toBe(0);
    });
  }

  it("goes on with what Node froze, and Node with what it froze, to the same end", async () => {
    const from = startOf("sieve", 300_000);
    const whole = await travel({ from });
    const first = await travel({ from, gas: 3_000_001 });
    expect(first.status).toBe("out-of-gas");
    const second = await browser.travel({ from: { image: first.image }, gas: 2_000_003 });
    expect(second.status).toBe("out-of-gas");
    const third = await travel({ from: { image: second.image } });
    expect(first.gasUsed).toBeLessThan(second.gasUsed);
    expect(first.output + second.output + third.output).toBe(whole.output);
    expect({ ...third, image: undefined, output: "" }).toEqual({ ...whole, image: undefined, output: "" });
  });

  it("freezes at the same instruction with the same image as Node", async () => {
    const from = startOf("trees", 8);
    for (const gas of [1, 1000, 77_777]) {
      const [here, there] = [await travel({ from, gas }), await browser.travel({ from, gas })];
      expect({ ...there, image: undefined }).toEqual({ ...here, image: undefined });
    }
  });
});
