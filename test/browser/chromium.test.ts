/**
 * The same kernel, images and guests in a real browser: what was frozen in Node goes on in Chromium, is frozen there and ends in
 * Node, and nothing of the journey can be seen in the final image.
 *
 * @module
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import { C_PROGRAMS, readProgram } from "../../bench/programs.ts";
import { readJavaScriptEngine } from "../../src/node/index.ts";
import { describeWith } from "../support/needs.ts";
import { type BrowserSide, openChromium } from "./chromium.ts";
import { type Leg, type LegInit, type Start, travel as travelWith } from "./journey.ts";

const GAS = 1_000_000_000;
/** Recursion, strings, a generator, big integers, regular expressions and promises. */
const SCRIPT = `
function* count(n) { for (let i = 0; i < n; i++) yield i; }
const fib = (n) => (n < 2 ? n : fib(n - 1) + fib(n - 2));
let text = "";
for (const i of count(400)) text += String.fromCharCode(97 + (i * 7) % 26);
console.log(fib(14), text.replace(/[aeiou]+/g, "").length, (2n ** 521n - 1n) % 1000003n, Math.sin(0.5), new Date().toISOString());
await null;
console.log(JSON.parse(JSON.stringify({ sorted: [...text].sort().join("").slice(0, 30) })).sorted, Math.random());
`;

function travel(init: LegInit): Promise<Leg> {
  return travelWith(init, async () => readJavaScriptEngine());
}

function startOf(name: string, size: number): Start {
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

  const travellers: readonly (readonly [string, () => Start])[] = [
    ["a C program", () => startOf("sieve", 300_000)],
    ["a script", () => ({ script: SCRIPT, gas: GAS })],
  ];
  for (const [name, start] of travellers) {
    it(`goes on with what Node froze of ${name}, and Node with what it froze, to the same end`, async () => {
      const from = start();
      const whole = await travel({ from });
      const third = Math.floor(whole.gasUsed / 3);
      const first = await travel({ from, gas: third });
      expect(first.status).toBe("out-of-gas");
      const second = await browser.travel({ from: { image: first.image }, gas: third });
      expect(second.status).toBe("out-of-gas");
      const last = await travel({ from: { image: second.image } });
      expect(first.gasUsed).toBeLessThan(second.gasUsed);
      expect(second.gasUsed).toBeLessThan(last.gasUsed);
      expect(first.output + second.output + last.output).toBe(whole.output);
      expect({ ...last, image: undefined, output: "" }).toEqual({ ...whole, image: undefined, output: "" });
    });
  }

  it("runs a script with Node's output, gas and final image", async () => {
    const from = { script: SCRIPT, gas: GAS };
    const [here, there] = [await travel({ from }), await browser.travel({ from })];
    expect(here).toMatchObject({ status: "exit 0", output: expect.stringContaining("377 ") });
    expect({ ...there, image: undefined }).toEqual({ ...here, image: undefined });
  });

  it("freezes at the same instruction with the same image as Node", async () => {
    const from = startOf("trees", 8);
    for (const gas of [1, 1000, 77_777]) {
      const [here, there] = [await travel({ from, gas }), await browser.travel({ from, gas })];
      expect({ ...there, image: undefined }).toEqual({ ...here, image: undefined });
    }
  });
});
