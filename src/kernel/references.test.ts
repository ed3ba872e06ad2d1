import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { BareGuest, MODE, makeTestKernel, throughImage } from "../../test/support/bare-guest.ts";
import { CAPABILITY, type Capability, fulfilled, makeMessage, type Process } from "./index.ts";
import { recordOf } from "./process.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Names of exports in messages: from `first` on, so many. */
const names = (first: number, count: number): number[] => Array.from({ length: count }, (_, at) => -first - at - 1);

/** Counts those that were collected. */
function makeWatch(): { watch(capability: Capability): void; collected(wanted: number): Promise<number> } {
  let collected = 0;
  const registry = new FinalizationRegistry(() => collected++);
  return {
    watch: (capability) => registry.register(capability, 0),
    async collected(wanted) {
      for (let round = 0; round < 100 && collected < wanted; round++) {
        collectGarbage();
        await new Promise((resolve) => setImmediate(resolve));
      }
      return collected;
    },
  };
}

describe("references to exports", () => {
  it("in messages between guests are remembered by nobody when the messages are gone", async () => {
    const { watch, collected } = makeWatch();
    const guest = BareGuest.spawn(makeTestKernel());
    const record = recordOf(guest.process);
    const send = (first: number): void => {
      guest.sendOnly(-1, "", names(first, 100));
      for (const turn of record.mailbox) if (turn.kind === "deliver") turn.message.capabilities.forEach(watch);
      guest.do("size");
    };
    for (const first of [1, 101, 201]) send(first);
    guest.do("size");
    expect(await collected(300)).toBe(300);
  });

  it("are the same object for a host as long as it has them, and no longer", async () => {
    const { watch, collected } = makeWatch();
    let kept: Capability | undefined;
    const host: Capability = {
      [CAPABILITY]: true,
      receive({ capabilities }) {
        capabilities.forEach(watch);
        kept ??= capabilities[0];
        return fulfilled(
          makeMessage(new Uint8Array(0), kept === capabilities[0] ? [capabilities[0] as Capability] : []),
        );
      },
    };
    const guest = BareGuest.spawn(makeTestKernel(), { endowments: { host } });
    guest.call(1, "", names(7, 100));
    expect(await collected(99)).toBe(99);
    expect(guest.process.reference(7)).toBe(kept);
    guest.call(1, "", names(7, 1));
    expect(guest.read().capabilities).toEqual([-8]);
  });

  it("of one export have one position, however they come, also after a thaw", () => {
    const kernel = makeTestKernel();
    const guest = BareGuest.spawn(kernel);
    const child = guest.spawnChild({ endowments: [-6] });
    guest.do("wait", guest.invoke(child, "set_mode", MODE.record));
    for (const _ of ["first", "again"]) guest.sendOnly(child, "", [-6, -7, -6]);
    guest.do("size");
    const [inner] = guest.process.children;
    expect(recordOf(inner as Process).clist.size).toBe(2);
    const thawed = kernel.thaw(throughImage(guest.process.freeze()));
    const again = new BareGuest(thawed);
    again.sendOnly(child, "", [-6, -7, -8]);
    again.do("size");
    expect(recordOf(thawed.children[0] as Process).clist.size).toBe(3);
  });
});
