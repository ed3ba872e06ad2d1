import { decode } from "@ipld/dag-cbor";
import { describe, expect, it } from "vitest";
import { BareGuest, makeEcho, makeTestKernel, message, text, throughImage } from "../../test/support/bare-guest.ts";
import type { TreeState } from "../image/index.ts";
import { encodeImage } from "../image/index.ts";
import type { Answer, Capability, ThawInit } from "./index.ts";
import { CAPABILITY, fulfilled, KernelError, Status } from "./index.ts";

const rootOf = (tree: TreeState): string => encodeImage(tree).root;
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const itself = (capability: Capability): Answer => fulfilled(message('"$0"', [capability]));

/** A guest with a promise from outside, at 3, to which it has sent "a" and "b", and "c" to the answer of "b". */
function waiting(): { guest: BareGuest; first: number; second: number; third: number; resolve(answer: Answer): void } {
  const { promise, resolve } = Promise.withResolvers<Answer>();
  const guest = BareGuest.spawn(makeTestKernel(), {
    endowments: { later: { [CAPABILITY]: true, receive: () => promise }, echo: makeEcho() },
  });
  const outside = guest.send(1);
  expect(outside).toBe(3);
  const [first, second] = [guest.send(outside, "a"), guest.send(outside, "b")] as [number, number];
  expect(guest.sendOnly(outside, "alone", [2])).toBe(0);
  return { guest, first, second, third: guest.send(second, "c"), resolve };
}

describe("messages that wait for promises, frozen", () => {
  it("are in the image, which is of a newer version for that", () => {
    const { guest } = waiting();
    const tree = guest.process.freeze();
    const image = encodeImage(tree);
    expect(decode(image.blocks.get(image.root) as Uint8Array)).toMatchObject({ version: 3 });
    const thawed = makeTestKernel().thaw(throughImage(tree), { resolveCall: () => new Promise(() => {}) });
    expect(rootOf(thawed.freeze())).toBe(rootOf(tree));
  });

  it("go on where the process was thawed, in their order, when the answer comes", async () => {
    const { guest, first, second, third } = waiting();
    const echo = makeEcho();
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const thaw: ThawInit = { resolveCall: () => promise, resolveLocator: () => echo };
    const thawed = new BareGuest(makeTestKernel().thaw(throughImage(guest.process.freeze()), thaw));
    const fourth = thawed.send(3, "d");
    resolve(itself(echo));
    await settle();
    // The answer to "b" is data: no message reaches that.
    expect(echo.received).toEqual(["a", "b", "alone", "d"]);
    for (const [position, words] of [
      [first, "echo a"],
      [second, "echo b"],
      [fourth, "echo d"],
    ] as const) {
      expect(thawed.do("wait", position)).toBe(Status.fulfilled);
      expect(thawed.read().text).toBe(words);
    }
    expect(thawed.do("wait", third)).toBe(Status.broken);
    expect(thawed.read().text).toContain("no-target");
  });

  it("are as lost as the answer that they wait for", () => {
    const { guest, first, second, third } = waiting();
    const thawed = new BareGuest(makeTestKernel().thaw(throughImage(guest.process.freeze())));
    for (const position of [3, first, second, third]) {
      expect(thawed.do("wait", position)).toBe(Status.broken);
      expect(thawed.read().text).toContain("lost");
    }
  });

  it("wake a process that listens where they are lost", async () => {
    const { guest, first } = waiting();
    for (const position of [3, first]) expect(guest.do("listen", position)).toBe(0);
    const thawed = new BareGuest(makeTestKernel().thaw(throughImage(guest.process.freeze())));
    await settle();
    expect(thawed.deliveries()).toMatchObject([
      { target: 3, resolver: 100 + Status.broken },
      { target: first, resolver: 100 + Status.broken },
    ]);
  });

  it("stay with the process that goes on after the freeze", async () => {
    const { guest, first, resolve } = waiting();
    const before = rootOf(guest.process.freeze());
    void guest.process.resume();
    expect(rootOf(guest.process.freeze())).toBe(before);
    void guest.process.resume();
    resolve(itself(makeEcho()));
    await settle();
    expect(guest.do("wait", first)).toBe(Status.fulfilled);
  });

  it("are kept also where nobody holds the promise any more, and give the same image again", async () => {
    const { guest, first } = waiting();
    expect(guest.do("drop", 3)).toBe(0);
    const tree = guest.process.freeze();
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const process = makeTestKernel().thaw(throughImage(tree), { resolveCall: () => promise });
    expect(rootOf(process.freeze())).toBe(rootOf(tree));
    void process.resume();
    resolve(itself(makeEcho()));
    await settle();
    expect(new BareGuest(process).do("wait", first)).toBe(Status.fulfilled);
  });

  it("between processes of the tree are delivered as they would have been", () => {
    const make = (): { guest: BareGuest; child: number; said: number } => {
      const guest = BareGuest.spawn(makeTestKernel());
      const child = guest.spawnChild();
      const said = guest.send(guest.send(child, "who?"), "hello");
      guest.do("add", 0, 0);
      return { guest, child, said };
    };
    const finish = (guest: BareGuest, said: number): string => {
      const sandbox = new BareGuest(guest.process.children[0] as never);
      sandbox.answer(sandbox.deliveries()[0]?.resolver as number, '"$0"', [-7]);
      sandbox.do("add", 0, 0);
      expect(sandbox.deliveries()[1]).toMatchObject({ target: 6, bytes: 5 });
      sandbox.answer(sandbox.deliveries()[1]?.resolver as number, "hi");
      expect(guest.do("wait", said)).toBe(Status.fulfilled);
      expect(guest.read().text).toBe("hi");
      return rootOf(guest.process.freeze());
    };
    const [whole, cut] = [make(), make()];
    const thawed = new BareGuest(makeTestKernel().thaw(throughImage(cut.guest.process.freeze())));
    expect(finish(thawed, cut.said)).toBe(finish(whole.guest, whole.said));
  });

  it("of others are not in the image of a child", () => {
    const guest = BareGuest.spawn(makeTestKernel());
    const child = guest.spawnChild();
    const { promise } = guest.promise();
    guest.sendOnly(promise, "the parent's secret");
    guest.sendOnly(child, "a promise", [promise]);
    guest.do("add", 0, 0);
    const sandbox = new BareGuest(guest.process.children[0] as never);
    const said = sandbox.send(1, "the child's own");
    const image = guest.do("freeze", child);
    const tree = guest.process.freeze();
    const inner = [...(tree.images[0]?.blocks.values() ?? [])].map(text).join();
    expect(inner).toContain("the child's own");
    expect(inner).not.toContain("the parent's secret");
    const thawed = new BareGuest(makeTestKernel().thaw(throughImage(tree)));
    expect(thawed.spawnChild({ source: image })).toBeGreaterThan(0);
    const again = new BareGuest(thawed.process.children[0] as never);
    expect(again.do("wait", said)).toBe(Status.broken);
    expect(again.read().text).toContain("lost");
  });
});

describe("images that lie about messages to promises", () => {
  type Loose = { [key: string]: unknown };
  const lie = (change: (list: Loose[], cells: Loose[]) => void): TreeState => {
    const tree = structuredClone(waiting().guest.process.freeze()) as unknown as {
      kernel: { promised: Loose[]; cells: Loose[] };
    };
    change(tree.kernel.promised, tree.kernel.cells);
    return tree as unknown as TreeState;
  };
  const at = (list: readonly Loose[], index: number): Loose => list[index] as Loose;

  it.each([
    ["no list", lie((list) => Object.assign(list, { length: 0 })), true],
    ["a promise that is none", lie((list) => Object.assign(at(list, 0), { promise: 99 })), false],
    ["a sender that is none", lie((list) => Object.assign(at(list, 0), { sender: 1 })), false],
    ["no message", lie((list) => Object.assign(at(list, 0), { message: null })), false],
    [
      "an answer that waits for itself",
      lie((list) => Object.assign(at(list, 0), { promise: at(list, 0).cell })),
      false,
    ],
    [
      "answers that wait for each other",
      lie((list) => {
        const [a, b] = [at(list, 0), at(list, 1)];
        Object.assign(a, { promise: b.cell });
        Object.assign(b, { promise: a.cell });
      }),
      false,
    ],
    ["an answer that waits twice", lie((list) => Object.assign(at(list, 0), { cell: at(list, 1).cell })), false],
    [
      "a promise that is settled",
      lie((list, cells) => {
        Object.assign(at(cells, at(list, 0).promise as number), {
          answer: { status: "broken", code: "lost", reason: "settled" },
        });
      }),
      false,
    ],
    [
      "more than may wait",
      lie((list) => {
        const one = { ...at(list, 0), cell: -1 };
        list.push(...Array.from({ length: 4_093 }, () => one));
      }),
      false,
    ],
    [
      "as many as may wait",
      lie((list) => {
        const one = { ...at(list, 0), cell: -1 };
        list.push(...Array.from({ length: 4_092 }, () => one));
      }),
      true,
    ],
  ])("with %s", (_what, tree, isFine) => {
    const thaw = (): unknown => makeTestKernel().thaw(tree, { resolveCall: () => new Promise(() => {}) });
    if (isFine) expect(thaw).not.toThrow();
    else expect(thaw).toThrow(KernelError);
  });
});
