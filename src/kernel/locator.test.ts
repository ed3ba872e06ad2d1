import { describe, expect, it } from "vitest";
import { BareGuest, makeEcho, makeTestKernel, PAGE, throughImage } from "../../test/support/bare-guest.ts";
import type { Capability, Process } from "./index.ts";
import { findEndowment, Status } from "./index.ts";

/** A root and its child, each endowed with something under the same name. */
function family(whole: Capability, part: Capability): Process {
  const kernel = makeTestKernel();
  const root = BareGuest.spawn(kernel, { endowments: { directory: whole } }).process;
  BareGuest.spawn(kernel, { parent: root, gas: 100_000, memoryBytes: 2 * PAGE, endowments: { directory: part } });
  return root;
}

describe("a power after a thaw", () => {
  it("is the root's by its name; what a child has by the same name is lost, and nobody is asked for it", () => {
    const again = makeEcho();
    const asked: unknown[] = [];
    const thawed = makeTestKernel().thaw(throughImage(family(makeEcho(), makeEcho()).freeze()), {
      resolveLocator(locator) {
        asked.push(locator);
        return findEndowment({ directory: again }, locator);
      },
    });
    expect(asked).toEqual([{ endowment: "directory", process: 0 }]);
    const [root, child] = [new BareGuest(thawed), new BareGuest(thawed.children[0] as Process)];
    expect(root.call(root.find("directory"), "root")).toBe(Status.fulfilled);
    expect(child.call(child.find("directory"), "child")).toBe(Status.broken);
    expect(child.read().text).toContain("lost");
    expect(again.received).toEqual(["root"]);
  });

  it("is the child's own where it has a locator, or is the root's as well", () => {
    const [shared, located] = [makeEcho(), { ...makeEcho(), locator: { store: "books" } }];
    for (const [whole, part] of [
      [shared, shared],
      [makeEcho(), located],
    ] as const) {
      const thawed = makeTestKernel().thaw(throughImage(family(whole, part).freeze()), {
        resolveLocator: (locator) => findEndowment({ directory: shared }, locator) ?? located,
      });
      const child = new BareGuest(thawed.children[0] as Process);
      expect(child.call(child.find("directory"), "child")).toBe(Status.fulfilled);
    }
  });

  it("is none that every object has, whatever name an image gives", () => {
    for (const endowment of ["constructor", "__proto__", "toString"]) {
      expect(findEndowment({}, { endowment, process: 0 })).toBeUndefined();
    }
  });
});
