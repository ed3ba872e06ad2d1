import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GAS_MAX, PAGES_MAX } from "./limits.ts";
import { Meter } from "./meter.ts";

/** A meter with what the test knows of it. */
interface Node {
  meter: Meter;
  parent: Node | undefined;
  children: Node[];
  ended: boolean;
}

const operation = fc.record({
  kind: fc.constantFrom("lend", "use", "refill", "end", "release", "hold", "thaw"),
  at: fc.nat(30),
  gas: fc.nat(3000),
  pages: fc.nat(30),
});

function liveNodes(node: Node): Node[] {
  return [node, ...node.children.flatMap(liveNodes)];
}

function endAll(node: Node): void {
  for (const child of [...node.children]) {
    endAll(child);
    child.meter.release();
  }
  node.children = [];
  node.meter.end();
  node.ended = true;
}

function sums(root: Node): { granted: number; accounted: number } {
  let accounted = 0;
  for (const { meter } of liveNodes(root)) {
    const reading = meter.reading;
    accounted += reading.gasUsed + reading.gasSpent + reading.gasLeft;
  }
  return { granted: root.meter.reading.gasGranted, accounted };
}

/** The whole tree saved and restored, as a freeze and a thaw do. */
function thaw(node: Node, parent: Node | undefined): Node {
  const reading = node.meter.reading;
  const meter = Meter.restore(node.meter.save(), { parent: parent?.meter, ended: node.ended });
  meter.setPagesUsed(reading.pagesUsed);
  const copy: Node = { meter, parent, children: [], ended: node.ended };
  copy.children = node.children.map((child) => thaw(child, copy));
  meter.hold(reading.pagesHeld);
  return copy;
}

function apply(root: Node, { kind, at, gas, pages }: { kind: string; at: number; gas: number; pages: number }): Node {
  const live = liveNodes(root);
  const node = live[at % live.length] as Node;
  const left = node.meter.gasLeft;
  switch (kind) {
    case "lend": {
      const affordable = !node.ended && gas <= Math.max(0, left) && pages <= node.meter.pagesFree;
      const meter = node.meter.lend({ gas, pages });
      expect(meter !== undefined).toBe(affordable);
      if (meter !== undefined) node.children.push({ meter, parent: node, children: [], ended: false });
      return root;
    }
    case "use":
      // A process that is in debt does not run, and one stretch of code overdraws by a little.
      if (!node.ended && left >= 0) node.meter.use(Math.min(gas, left + 50));
      return root;
    case "refill": {
      const before = node.meter.gasLeft;
      const done = node.meter.refill({ gas, pages });
      expect(node.meter.gasLeft).toBe(done ? before + gas : before);
      return root;
    }
    case "end":
    case "release":
      if (node.parent !== undefined) {
        endAll(node);
        if (kind === "release") {
          node.meter.release();
          node.parent.children.splice(node.parent.children.indexOf(node), 1);
        }
      }
      return root;
    case "hold":
      if (!node.ended) node.meter.hold(pages);
      return root;
    default:
      return thaw(root, undefined);
  }
}

/** The gas of an ended node is its parent's `spent`: it must not be counted twice. */
function withoutEnded(node: Node): Node {
  return { ...node, children: node.children.filter((child) => !child.ended).map(withoutEnded) };
}

describe("Meter", () => {
  it("keeps the sums exact over any operations, and over freeze and thaw", () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
        let root: Node = {
          meter: Meter.root({ gas: 10_000, pages: 100 }),
          parent: undefined,
          children: [],
          ended: false,
        };
        for (const next of operations) {
          root = apply(root, next);
          const { granted, accounted } = sums(withoutEnded(root));
          expect(accounted).toBe(granted);
          for (const { meter, children } of liveNodes(root)) {
            const reading = meter.reading;
            const open = children.filter((child) => !child.ended);
            expect(reading.gasLent).toBe(open.reduce((sum, child) => sum + child.meter.reading.gasGranted, 0));
            expect(reading.pagesLent).toBe(children.reduce((sum, child) => sum + child.meter.reading.pagesMax, 0));
            expect(meter.pagesFree).toBeGreaterThanOrEqual(0);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it("gives back what is left, keeps what was used, and pays the debt of an ended child", () => {
    const parent = Meter.root({ gas: 1000, pages: 10 });
    const child = parent.lend({ gas: 400, pages: 4 }) as Meter;
    child.use(150);
    child.end();
    expect(parent.reading).toMatchObject({ gasLeft: 850, gasSpent: 150, gasLent: 0, pagesLent: 4 });
    child.release();
    expect(parent.reading.pagesLent).toBe(0);

    const debtor = parent.lend({ gas: 100, pages: 1 }) as Meter;
    debtor.use(130);
    expect(debtor.gasLeft).toBe(-30);
    expect(debtor.end()).toBe(30);
    debtor.release();
    expect(debtor.gasLeft).toBe(0);
    expect(parent.reading).toMatchObject({ gasLeft: 720, gasSpent: 280 });
  });

  it("is paid by the first that lives for what is used after the end", () => {
    const root = Meter.root({ gas: 1000, pages: 10 });
    const parent = root.lend({ gas: 400, pages: 4 }) as Meter;
    const child = parent.lend({ gas: 100, pages: 4 }) as Meter;
    child.use(20);
    expect(child.end()).toBe(0);
    child.use(5);
    expect(parent.reading).toMatchObject({ gasSpent: 25, gasLeft: 375 });
    parent.end();
    child.use(7);
    expect([child.gasLeft, parent.gasLeft]).toEqual([0, 0]);
    expect(root.reading).toMatchObject({ gasSpent: 32, gasLeft: 968 });
  });

  it("pays a debt from the refill", () => {
    const parent = Meter.root({ gas: 1000, pages: 10 });
    const child = parent.lend({ gas: 100, pages: 1 }) as Meter;
    child.use(107);
    expect(child.refill({ gas: 50, pages: 0 })).toBe(true);
    expect(child.gasLeft).toBe(43);
    expect(parent.gasLeft).toBe(850);
  });

  it("lends to the last unit and not one more", () => {
    const parent = Meter.root({ gas: 100, pages: 2 });
    expect(parent.lend({ gas: 101, pages: 0 })).toBeUndefined();
    expect(parent.lend({ gas: 0, pages: 3 })).toBeUndefined();
    expect(parent.lend({ gas: 60, pages: 0 }, 41)).toBeUndefined();
    expect(parent.lend({ gas: 100, pages: 2 })).toBeDefined();
    expect(parent.gasLeft).toBe(0);
  });

  it("refills neither an ended meter nor beyond the largest exact number", () => {
    const meter = Meter.root({ gas: GAS_MAX - 1, pages: PAGES_MAX });
    expect(meter.refill({ gas: 2, pages: 0 })).toBe(false);
    expect(meter.refill({ gas: 0, pages: 1 })).toBe(false);
    expect(meter.refill({ gas: 1, pages: 0 })).toBe(true);
    meter.end();
    expect(meter.refill({ gas: 0, pages: 0 })).toBe(false);
  });

  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, GAS_MAX + 1])("refuses %s as an amount of gas", (gas) => {
    expect(() => Meter.root({ gas, pages: 0 })).toThrow(RangeError);
    expect(() => Meter.root({ gas: 10, pages: 0 }).refill({ gas, pages: 0 })).toThrow(RangeError);
  });

  it("takes back only the pages that are held", () => {
    const meter = Meter.root({ gas: 0, pages: 3 });
    expect(meter.hold(4)).toBe(false);
    expect(meter.hold(3)).toBe(true);
    expect(meter.pagesOwnMax).toBe(0);
    expect(() => meter.unhold(4)).toThrow(RangeError);
    meter.unhold(3);
    expect(meter.pagesOwnMax).toBe(3);
  });
});
