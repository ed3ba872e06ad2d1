import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BARE, BareGuest, makeEcho, makeTestKernel, PAGE, throughImage } from "../../test/support/bare-guest.ts";
import { encodeImage } from "../image/index.ts";
import type { HostValue, Process } from "./index.ts";
import { CAPER_FUNCTIONS, caperSignature } from "./index.ts";

const I64 = 0x7e;
const interesting = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -3, max: 6 }) },
  fc.constantFrom(100, 40_000, 65_535, 65_536, 2 ** 31 - 1, -(2 ** 31), -65_536),
  fc.integer(),
);
const step = fc.record({
  name: fc.constantFrom(...CAPER_FUNCTIONS, "add", "set_mode", "grow"),
  args: fc.array(interesting, { minLength: 6, maxLength: 6 }),
  at: fc.nat(8),
});

function family(process: Process): Process[] {
  return [process, ...process.children.flatMap(family)];
}

function argsFor(name: string, args: readonly number[]): HostValue[] {
  if (name === "add") return args.slice(0, 2);
  if (name === "set_mode" || name === "grow") return [(args[0] as number) & 7];
  const params = caperSignature(name)?.params ?? [];
  return params.map((type, index) => {
    const arg = args[index] as number;
    // Most gas that is not absurd should be affordable, or no child would ever do anything.
    return type === I64 ? BigInt(arg) * 10_000n : arg;
  });
}

describe("the guest ABI under random calls", () => {
  it("never faults, keeps the sums, and can be frozen after any of them", () => {
    const run = (steps: readonly { name: string; args: readonly number[]; at: number }[]): void => {
      const faults: unknown[] = [];
      const kernel = makeTestKernel({ onFault: (_process, error) => faults.push(error) });
      let root = BareGuest.spawn(kernel, {
        gas: 2_000_000,
        memoryBytes: 30 * PAGE,
        endowments: { echo: makeEcho() },
      }).process;
      root.memory().set(BARE, 40_000);
      for (const { name, args, at } of steps) {
        const ready = family(root).filter((process) => process.status.state === "idle");
        const chosen = ready[at % Math.max(1, ready.length)];
        if (chosen === undefined) break;
        const result = chosen.callSync(name, argsFor(name, args), { gas: 300_000 });
        expect(result.kind).not.toBe("fault");
        expect(faults).toEqual([]);
        for (const { meter, children } of family(root)) {
          expect(meter.gasUsed + meter.gasSpent + meter.gasLent + meter.gasLeft).toBe(meter.gasGranted);
          const open = children.filter((child) => child.status.state !== "ended");
          expect(meter.gasLent).toBe(open.reduce((sum, child) => sum + child.meter.gasGranted, 0));
        }
      }
      const image = throughImage(root.freeze());
      const thawed = makeTestKernel().thaw(image, { resolveLocator: makeEcho });
      expect(encodeImage(thawed.freeze()).root).toBe(encodeImage(image).root);
      for (const process of [root, thawed]) process.discard();
      root = thawed;
    };
    fc.assert(fc.property(fc.array(step, { minLength: 5, maxLength: 40 }), run), { numRuns: 150 });
  });
});
