/**
 * The vectors of the guest ABI (docs/spec/guest-abi.md).
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Capability, HostValue } from "../src/kernel/index.ts";
import { CAPABILITY, CAPER_FUNCTIONS, fulfilled } from "../src/kernel/index.ts";
import { BARE, makeTestKernel, PAGE } from "./support/bare-guest.ts";

type Place = { readonly at: number; readonly text?: string; readonly hex?: string };
type Step =
  | { readonly write: Place }
  | { readonly memory: Place }
  | { readonly do: string; readonly args: readonly (number | string)[]; readonly gives: number | string }
  | { readonly used: number };
interface Vector {
  readonly description: string;
  readonly gas: number;
  readonly pages: number;
  readonly endowments: readonly string[];
  readonly steps: readonly Step[];
}

const folder = new URL("vectors/guest-abi/", import.meta.url);
const vectors = readdirSync(folder)
  .filter((name) => name.endsWith(".json"))
  .map((name) => [name, JSON.parse(readFileSync(new URL(name, folder), "utf8")) as Vector] as const);

const bytesOf = ({ text, hex }: Place): Buffer =>
  text === undefined ? Buffer.from(hex ?? "", "hex") : Buffer.from(text);
const toHost = (value: number | string): HostValue => (typeof value === "string" ? BigInt(value) : value);

function run({ gas, pages, endowments, steps }: Vector): void {
  const kernel = makeTestKernel();
  const makeEcho = (): Capability => ({ [CAPABILITY]: true, receive: (message) => fulfilled(message) });
  const process = kernel.spawn({
    program: kernel.load(BARE),
    gas,
    memoryBytes: pages * PAGE,
    endowments: Object.fromEntries(endowments.map((name) => [name, makeEcho()])),
  });
  for (const [index, step] of steps.entries()) {
    const where = `step ${index} ${JSON.stringify(step)}`;
    if ("write" in step) process.memory().set(bytesOf(step.write), step.write.at);
    else if ("used" in step) expect(process.meter.gasUsed, where).toBe(step.used);
    else if ("memory" in step) {
      const expected = bytesOf(step.memory);
      const found = process.memory().slice(step.memory.at, step.memory.at + expected.length);
      expect(Buffer.from(found).toString("hex"), where).toBe(expected.toString("hex"));
    } else {
      const result = process.callSync(step.do, step.args.map(toHost));
      expect(result, where).toEqual({ kind: "done", results: [toHost(step.gives)] });
    }
  }
}

describe("vectors of the guest ABI", () => {
  it.each(vectors)("%s", (_name, vector) => run(vector));

  it("use every function", () => {
    const used = new Set(vectors.flatMap(([, { steps }]) => steps.flatMap((step) => ("do" in step ? [step.do] : []))));
    const elsewhere = new Set(["log", "meter", "inspect", "peek"]);
    expect(CAPER_FUNCTIONS.filter((name) => !used.has(name) && !elsewhere.has(name))).toEqual([]);
  });
});
