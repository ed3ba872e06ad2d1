import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BareGuest, makeTestKernel } from "../../test/support/bare-guest.ts";
import type { Capability } from "../passable/index.ts";
import { broken, CAPABILITY } from "../passable/index.ts";
import { Clist } from "./clist.ts";
import { type Process, ServiceError, Status } from "./index.ts";
import { CLIST_ENTRIES_MAX, CLIST_ENTRIES_PER_TREE_MAX } from "./limits.ts";
import { recordOf } from "./process.ts";
import { PromiseCell } from "./promise-cell.ts";

const makeCapability = (): Capability => ({ [CAPABILITY]: true, receive: () => broken("refused", "takes nothing") });
const entry = (capability: Capability) => ({ kind: "capability", capability, endowment: undefined }) as const;

describe("Clist", () => {
  it("gives one capability one position while it is held", () => {
    const clist = new Clist();
    const capability = makeCapability();
    expect(clist.add(entry(capability))).toBe(1);
    expect(clist.add(entry(makeCapability()))).toBe(2);
    expect(clist.add(entry(capability))).toBe(1);
    expect(clist.size).toBe(2);
  });

  it("keeps resolvers apart, even for one promise", () => {
    const clist = new Clist();
    const cell = new PromiseCell(recordOf(BareGuest.spawn(makeTestKernel()).process));
    expect(clist.add({ kind: "resolver", cell })).toBe(1);
    expect(clist.add({ kind: "resolver", cell })).toBe(2);
    expect(clist.add({ kind: "promise", cell, listening: false })).toBe(3);
  });

  it("always gives the lowest free position", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 80 })), { maxLength: 200 }), (steps) => {
        const clist = new Clist();
        const taken = new Set<number>();
        for (const step of steps) {
          if (step > 0) {
            expect(clist.drop(step) !== undefined).toBe(taken.delete(step));
            continue;
          }
          let lowest = 1;
          while (taken.has(lowest)) lowest++;
          expect(clist.add(entry(makeCapability()))).toBe(lowest);
          taken.add(lowest);
        }
        expect(clist.size).toBe(taken.size);
      }),
    );
  });

  it("is full at its limit and has room again after a drop", () => {
    const clist = new Clist();
    for (let n = 1; n <= CLIST_ENTRIES_MAX; n++) expect(clist.add(entry(makeCapability()))).toBe(n);
    expect(clist.hasRoom(1)).toBe(false);
    expect(clist.add(entry(makeCapability()))).toBeUndefined();
    clist.drop(777);
    expect(clist.add(entry(makeCapability()))).toBe(777);
    expect(clist.add(entry(makeCapability()))).toBeUndefined();
  });

  it.each([0, -1, CLIST_ENTRIES_MAX + 1, 1.5])("refuses position %s from an image", (position) => {
    expect(() => new Clist().set(position, entry(makeCapability()))).toThrow(RangeError);
  });
});

describe("the c-lists of a tree", () => {
  it("have so many entries together and not one more; those of a process that is gone count no more", () => {
    const guest = BareGuest.spawn(makeTestKernel());
    const child = guest.spawnChild();
    expect(guest.do("wait", guest.invoke(child, "add", 1, 2))).toBe(Status.fulfilled);
    const [inner] = guest.process.children;
    recordOf(inner as Process).clist.add(entry(makeCapability()));
    const { held } = recordOf(guest.process).tree;
    expect(held.entries).toBe(2);
    held.entries = CLIST_ENTRIES_PER_TREE_MAX - 2;
    expect(guest.promise().promise).toBeGreaterThan(0);
    expect(guest.do("promise", 48_000)).toBe(ServiceError.limit);
    expect(guest.spawnChild()).toBe(ServiceError.limit);
    expect(guest.do("drop", child)).toBe(0);
    expect(held.entries).toBe(CLIST_ENTRIES_PER_TREE_MAX - 2);
    expect(guest.promise().promise).toBeGreaterThan(0);
  });
});
