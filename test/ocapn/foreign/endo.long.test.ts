/**
 * The same programs between Caper and Endo's packages/ocapn, each on either end, and in introductions each in every role.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeWithPath } from "../../support/foreign.ts";
import { type Peer, startPeer } from "./peers.ts";
import { VALUES } from "./programs.ts";
import type { NetlayerName, SystemName } from "./side.ts";

const NETLAYERS: readonly NetlayerName[] = ["tcp-prefixed", "tcp-raw", "websocket"];
const SYSTEMS: readonly SystemName[] = ["caper", "endo"];

/** What waits for a collection that never comes shall not wait for long. */
const STUCK_MS = 120_000;

const ANSWERS: readonly (readonly [program: string, answer: unknown])[] = [
  ["deliver", "Hello, Alyssa!"],
  ["values", [...VALUES, [0, 255, 7]]],
  ["pipeline", 3],
  ["error", [true, true]],
  ["fulfil", "at last"],
  ["break", "never"],
  ["callback", "BEN"],
  ["identity", [true, true]],
  ["collectTheirs", true],
  ["collectOurs", true],
];

describeWithPath("CAPER_ENDO", "Endo", () => {
  describe.each(NETLAYERS)("over %s", { timeout: STUCK_MS }, (netlayer) => {
    /** Two of each, so that each can be in every role beside the other. */
    const peers = {} as { readonly [system in SystemName]: Peer[] };

    beforeAll(async () => {
      for (const system of SYSTEMS) {
        const pair = await Promise.all([startPeer(system, netlayer), startPeer(system, netlayer)]);
        Object.assign(peers, { [system]: pair });
      }
    });
    afterAll(() => Promise.all(Object.values(peers).flatMap((pair) => pair.map((peer) => peer.stop()))));

    describe.each([
      ["caper", "endo"],
      ["endo", "caper"],
    ] as const)("%s calls %s", (caller, called) => {
      // Where Endo reads late, an answer and the word that its resolver was dropped are there together. It takes them in one turn, and then keeps
      // the answer for ever, except with prefixed framing, where it takes one message a turn.
      const isLeaking = netlayer !== "tcp-prefixed" && caller === "endo";
      const programs = isLeaking ? ANSWERS.filter(([program]) => program !== "collectTheirs") : ANSWERS;

      it.each(programs)("%s", async (program, answer) => {
        expect(await peers[caller][0]!.run(program, peers[called][0]!.uri)).toEqual(answer);
      });
    });

    const roles = SYSTEMS.flatMap((gifter) =>
      SYSTEMS.flatMap((receiver) => SYSTEMS.map((exporter) => ({ gifter, receiver, exporter }))),
    ).filter(({ gifter, receiver, exporter }) => new Set([gifter, receiver, exporter]).size > 1);

    describe.each(roles)("$gifter introduces to $receiver what $exporter exports", ({ gifter, receiver, exporter }) => {
      let [from, to]: [Peer, Peer] = [] as never;
      let introducer: Peer;

      beforeAll(async () => {
        introducer = await startPeer(gifter, netlayer);
        from = peers[exporter][0]!;
        to = peers[receiver][1]!;
      });
      afterAll(() => introducer.stop());

      it("calls it", async () => {
        expect(await introducer.run("introduce", from.uri, to.uri)).toBe(41);
      });
      // Endo hands on the answer, which the exporter owes it still, and as an exporter takes only objects.
      if (gifter === "caper" || exporter === "caper") {
        it("calls an answer that had not come", async () => {
          expect(await introducer.run("introducePromise", from.uri, to.uri)).toBe(42);
        });
      }
      it("holds it when the introducer is gone", async () => {
        await introducer.run("leave", from.uri, to.uri);
        expect(await to.run("askKept")).toBe(41);
        await introducer.stop();
        expect(await to.run("askKept")).toBe(41);
        await to.run("drop");
      });
    });
  });
});
