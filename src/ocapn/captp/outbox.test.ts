/**
 * When what is sent goes out, and what the peer may forget.
 *
 * @module
 */
import { describe, expect, it } from "vitest";
import { decodeSyrup, describeSyrup, type SyrupRecord } from "../../passable/index.ts";
import { NO_REFERENCES } from "../codecs/descriptors.ts";
import { ABORT } from "../codecs/messages.ts";
import { POSITIONS_PER_GC_MESSAGE_MAX, UNSENT_BYTES_MAX } from "../limits.ts";
import { Outbox } from "./outbox.ts";

/** An outbox, what it has sent together, and the end of the wait for messages. */
function makeOutbox() {
  const sent: Uint8Array[][] = [];
  const waits = new Set<() => void>();
  /** What the network has not taken, and how often that was too much. */
  const network = { bufferedBytes: 0, fullCount: 0 };
  const outbox = new Outbox({
    connection: {
      send: (messages) => void sent.push([...messages]),
      get bufferedBytes() {
        return network.bufferedBytes;
      },
      close() {},
    },
    hooks: NO_REFERENCES,
    onWritten() {},
    onFull() {
      network.fullCount += 1;
      outbox.close();
    },
    later(callback) {
      waits.add(callback);
      return () => void waits.delete(callback);
    },
  });
  const endWait = (): void => {
    expect(waits.size).toBe(1);
    const [callback] = waits;
    waits.clear();
    callback?.();
  };
  const say = (reason: string): void => void outbox.send(ABORT, { reason });
  const takeSent = () => sent.splice(0).map((messages) => messages.map((bytes) => describeSyrup(decodeSyrup(bytes))));
  return { outbox, waits, network, endWait, say, takeSent, sent };
}

const ABORTS = (...reasons: readonly string[]) => reasons.map((reason) => `<op:abort "${reason}">`);

describe("an outbox", () => {
  it("sends the messages of a turn together", async () => {
    const { say, takeSent } = makeOutbox();
    for (const reason of ["a", "b"]) say(reason);
    expect(takeSent()).toEqual([]);
    await Promise.resolve();
    expect(takeSent()).toEqual([ABORTS("a", "b")]);
  });

  it("tells of drops with the messages of a later turn", async () => {
    const { outbox, say, takeSent } = makeOutbox();
    say("a");
    outbox.drop(5, 1);
    outbox.drop(5, 2);
    outbox.dropAnswer(7);
    await Promise.resolve();
    expect(takeSent()).toEqual([ABORTS("a")]);
    say("b");
    await Promise.resolve();
    expect(takeSent()).toEqual([[...ABORTS("b"), "<op:gc-exports [5] [3]>", "<op:gc-answers [7]>"]]);
    say("c");
    await Promise.resolve();
    expect(takeSent()).toEqual([ABORTS("c")]);
  });

  it("tells of all drops when there were no messages for a while, and waits once for all", async () => {
    const { outbox, waits, say, takeSent, endWait } = makeOutbox();
    outbox.dropAnswer(1);
    say("a");
    await Promise.resolve();
    outbox.dropAnswer(2);
    expect(takeSent()).toEqual([ABORTS("a")]);
    endWait();
    expect(takeSent()).toEqual([]);
    endWait();
    expect(takeSent()).toEqual([["<op:gc-answers [1]>", "<op:gc-answers [2]>"]]);
    outbox.dropAnswer(3);
    endWait();
    expect(takeSent()).toEqual([["<op:gc-answers [3]>"]]);
    expect(waits.size).toBe(0);
  });

  it("says nothing when all drops went along", async () => {
    const { outbox, say, takeSent, endWait } = makeOutbox();
    outbox.drop(1, 1);
    for (const reason of ["a", "b"]) {
      say(reason);
      await Promise.resolve();
    }
    expect(takeSent()).toHaveLength(2);
    endWait();
    expect(takeSent()).toEqual([]);
  });

  it("tells of so many drops in a message, and of the others in the next", () => {
    for (const [count, lengths] of [
      [POSITIONS_PER_GC_MESSAGE_MAX, [POSITIONS_PER_GC_MESSAGE_MAX]],
      [POSITIONS_PER_GC_MESSAGE_MAX + 1, [POSITIONS_PER_GC_MESSAGE_MAX, 1]],
    ] as const) {
      const { outbox, endWait, sent } = makeOutbox();
      for (let at = 0; at < count; at += 1) {
        outbox.drop(at, 1);
        outbox.dropAnswer(at);
      }
      endWait();
      const positions = sent[0]?.map((bytes) => {
        const record = decodeSyrup(bytes) as SyrupRecord;
        return (record.fields[0] as readonly unknown[]).length;
      });
      expect(positions).toEqual([...lengths, ...lengths]);
    }
  });

  it("says once that more waits for the network than may, also where these are only drops", async () => {
    const { outbox, network, endWait, say, takeSent } = makeOutbox();
    network.bufferedBytes = UNSENT_BYTES_MAX;
    say("a");
    await Promise.resolve();
    outbox.drop(1, 1);
    expect(network.fullCount).toBe(0);
    network.bufferedBytes += 1;
    endWait();
    expect([network.fullCount, takeSent()]).toEqual([1, [ABORTS("a"), ["<op:gc-exports [1] [1]>"]]]);
    say("b");
    await Promise.resolve();
    expect([network.fullCount, takeSent()]).toEqual([1, []]);
  });

  it("that is closed sends what it has, tells of no drops, and waits for nothing", async () => {
    const { outbox, waits, say, takeSent } = makeOutbox();
    outbox.drop(1, 1);
    say("a");
    outbox.close();
    expect([takeSent(), waits.size]).toEqual([[ABORTS("a")], 0]);
    outbox.dropAnswer(2);
    say("b");
    await Promise.resolve();
    expect([takeSent(), waits.size]).toEqual([[], 0]);
  });
});
