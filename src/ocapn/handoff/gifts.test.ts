/**
 * What an exporter keeps for handoffs: gifts, those who wait for them, and counts.
 *
 * @module
 */
import { describe, expect, it } from "vitest";
import { Far } from "../../passable/index.ts";
import { reasonOf } from "../client/fixture.conformance.ts";
import { OcapnError } from "../errors.ts";
import { GIFT_ID_BYTES_MAX, GIFTS_MAX, GIFTS_ORPHANED_MAX, HANDOFF_COUNTS_MAX } from "../limits.ts";
import { HandoffCounts } from "./counts.ts";
import { GIFT_ID_HALF_BYTES } from "./gift-shelf.ts";
import { Gifts } from "./gifts.ts";

const KEY = new Uint8Array(32);
const gifter = new Uint8Array([1]);
const other = new Uint8Array([2]);
const receiver = new Uint8Array([3]);

/** A gift's identifier. */
function id(number: number): Uint8Array {
  return new Uint8Array([number >> 16, number >> 8, number]);
}

function makeGifts(): Gifts {
  const gifts = new Gifts();
  for (const session of [gifter, other, receiver]) gifts.open(session, KEY);
  return gifts;
}

const gift = Far("gift", {});

describe("gifts", () => {
  it("are withdrawn once, after they were deposited or before", async () => {
    const gifts = makeGifts();
    gifts.deposit(gifter, id(1), gift);
    expect(gifts.countOf(gifter)).toBe(1);
    expect(gifts.withdraw({ session: gifter, giftId: id(1), receiver })).toBe(gift);
    const waiting = gifts.withdraw({ session: gifter, giftId: id(1), receiver });
    expect(() => gifts.withdraw({ session: gifter, giftId: id(1), receiver })).toThrow("somebody waits");
    expect(gifts.countOf(gifter)).toBe(1);
    gifts.deposit(gifter, id(1), gift);
    expect(await waiting).toBe(gift);
    expect(gifts.countOf(gifter)).toBe(0);
  });

  it("are the gifter's own: another cannot deposit for it, nor may the same identifier be used twice", () => {
    const gifts = makeGifts();
    gifts.deposit(gifter, id(1), gift);
    gifts.deposit(other, id(1), Far("another", {}));
    expect(() => gifts.deposit(gifter, id(1), Far("third", {}))).toThrow("of that identifier already");
    expect(gifts.withdraw({ session: gifter, giftId: id(1), receiver })).toBe(gift);
  });

  it("outlive the gifter's session, but not the hope for one that has not come", async () => {
    const gifts = makeGifts();
    gifts.deposit(gifter, id(1), gift);
    const waiting = gifts.withdraw({ session: gifter, giftId: id(2), receiver }) as Promise<object>;
    gifts.close(gifter);
    expect((await reasonOf(waiting)).message).toContain("went away before it handed it over");
    expect(gifts.gifterKey(gifter)).toBe(KEY);
    expect(() => gifts.withdraw({ session: gifter, giftId: id(2), receiver })).toThrow("its giver is gone");
    expect(gifts.withdraw({ session: gifter, giftId: id(1), receiver })).toBe(gift);
    expect(gifts.gifterKey(gifter)).toBeUndefined();
  });

  it("are not waited for any more when the session of whoever waits is over", () => {
    const gifts = makeGifts();
    void gifts.withdraw({ session: gifter, giftId: id(1), receiver });
    gifts.close(receiver);
    expect(gifts.countOf(gifter)).toBe(0);
    expect(gifts.withdraw({ session: gifter, giftId: id(1), receiver: other })).toBeInstanceOf(Promise);
  });

  it("that nobody withdraws make room: one past the limit, the oldest goes, and whoever asks for it learns that", () => {
    const gifts = makeGifts();
    for (let at = 0; at < GIFTS_MAX; at += 1) gifts.deposit(gifter, id(at), gift);
    expect(gifts.withdraw({ session: gifter, giftId: id(0), receiver })).toBe(gift);
    gifts.deposit(gifter, id(0), gift);
    gifts.deposit(gifter, id(GIFTS_MAX), gift);
    expect(gifts.countOf(gifter)).toBe(GIFTS_MAX);
    expect(() => gifts.withdraw({ session: gifter, giftId: id(1), receiver })).toThrow("had to make room for others");
    expect(gifts.withdraw({ session: gifter, giftId: id(GIFTS_MAX), receiver })).toBe(gift);
    gifts.deposit(gifter, id(1), gift);
    expect(gifts.withdraw({ session: gifter, giftId: id(1), receiver })).toBe(gift);
  });

  it("that one receiver leaves make no room of others' gifts", () => {
    const gifts = makeGifts();
    const idFor = (to: number, number: number): Uint8Array => {
      const giftId = new Uint8Array(32).fill(to);
      giftId.set(id(number), GIFT_ID_HALF_BYTES);
      return giftId;
    };
    for (const to of [1, 2]) gifts.deposit(gifter, idFor(to, 0), gift);
    for (let at = 0; at < 2 * GIFTS_MAX; at += 1) gifts.deposit(gifter, idFor(3, at), gift);
    expect(gifts.countOf(gifter)).toBe(GIFTS_MAX);
    for (const to of [1, 2]) expect(gifts.withdraw({ session: gifter, giftId: idFor(to, 0), receiver })).toBe(gift);
    expect(gifts.withdraw({ session: gifter, giftId: idFor(3, 2 * GIFTS_MAX - 1), receiver })).toBe(gift);
  });

  it("that had to go are known up to the limit; who asks for older ones waits", () => {
    const gifts = makeGifts();
    for (let at = 0; at <= 2 * GIFTS_MAX; at += 1) gifts.deposit(gifter, id(at), gift);
    expect(gifts.withdraw({ session: gifter, giftId: id(0), receiver })).toBeInstanceOf(Promise);
    expect(() => gifts.withdraw({ session: gifter, giftId: id(1), receiver })).toThrow("had to make room for others");
  });

  it("are waited for by one receiver up to the limit, and not one more", () => {
    const gifts = makeGifts();
    for (let at = 0; at < GIFTS_MAX; at += 1) void gifts.withdraw({ session: gifter, giftId: id(at), receiver });
    expect(() => gifts.withdraw({ session: gifter, giftId: id(GIFTS_MAX), receiver })).toThrow(OcapnError);
    expect(gifts.withdraw({ session: gifter, giftId: id(GIFTS_MAX + 1), receiver: other })).toBeInstanceOf(Promise);
    expect(gifts.withdraw({ session: other, giftId: id(GIFTS_MAX), receiver })).toBeInstanceOf(Promise);
    gifts.deposit(gifter, id(7), gift);
    expect(gifts.withdraw({ session: gifter, giftId: id(GIFTS_MAX), receiver })).toBeInstanceOf(Promise);
    expect(() => gifts.withdraw({ session: gifter, giftId: id(7), receiver })).toThrow(OcapnError);
    gifts.close(receiver);
    expect(gifts.countOf(gifter)).toBe(1);
  });

  it("of sessions that are over are kept up to the limit, the newest", () => {
    const gifts = new Gifts();
    const sessions = [0, 1].map((at) => new Uint8Array([at, 9]));
    for (const [at, session] of sessions.entries()) {
      gifts.open(session, KEY);
      const count = at === 0 ? 1 : GIFTS_ORPHANED_MAX;
      for (let number = 0; number < count; number += 1) gifts.deposit(session, id(number), gift);
    }
    gifts.close(sessions[1] as Uint8Array);
    expect(gifts.gifterKey(sessions[1] as Uint8Array)).toBe(KEY);
    gifts.close(sessions[0] as Uint8Array);
    // One too many: all of the session that was over first go.
    expect(gifts.gifterKey(sessions[1] as Uint8Array)).toBeUndefined();
    expect(gifts.gifterKey(sessions[0] as Uint8Array)).toBe(KEY);
  });

  it("have identifiers up to the limit", () => {
    const gifts = makeGifts();
    gifts.deposit(gifter, new Uint8Array(GIFT_ID_BYTES_MAX), gift);
    expect(() => gifts.deposit(gifter, new Uint8Array(GIFT_ID_BYTES_MAX + 1), gift)).toThrow(
      `at most ${GIFT_ID_BYTES_MAX} bytes`,
    );
  });
});

describe("handoff counts", () => {
  it("are used once, in whatever order", () => {
    const counts = new HandoffCounts();
    for (const count of [0, 2, 1, 5, 3]) counts.use(count);
    for (const count of [0, 1, 2, 3, 5]) expect(() => counts.use(count)).toThrow("was used already");
    counts.use(4);
    counts.use(6);
  });

  it("of which too many are left out are remembered up to the limit; what is below then counts as used", () => {
    const counts = new HandoffCounts();
    for (let at = 1; at <= HANDOFF_COUNTS_MAX; at += 1) counts.use(2 * at);
    counts.use(1);
    counts.use(2 * HANDOFF_COUNTS_MAX + 2);
    counts.use(2 * HANDOFF_COUNTS_MAX + 4);
    expect(() => counts.use(0)).toThrow("was used already");
    expect(() => counts.use(2 * HANDOFF_COUNTS_MAX + 2)).toThrow("was used already");
    counts.use(2 * HANDOFF_COUNTS_MAX + 3);
  });
});
