/**
 * A live peer and one that speaks at random, session after session.
 *
 * @module
 */

import { makeNodeEd25519 } from "../../../src/node/index.ts";
import { RawPeer } from "../../../src/ocapn/client/raw-peer.conformance.ts";
import { type Attach, type ConnectionHandler, E, makeOcapn, type Ocapn } from "../../../src/ocapn/index.ts";
import { encodeSyrup, Far, Tagged } from "../../../src/passable/index.ts";
import type { Random } from "../../random/random.ts";
import { Garbage, turn } from "../simulation/garbage.ts";
import { GrammarPeer, VICTIM } from "./grammar.ts";

const SWISS = new Uint8Array([1]);
const HELD_MAX = 40;
const MESSAGES_PER_TURN = 8;
const MESSAGES_PER_SESSION_MAX = 2_000;
const MESSAGES_PER_COLLECTION = 1_000;
const SESSIONS_PER_HEAP = 20;

/** What a session may be ended with: sentences of the protocol, not of the engine. */
const REASON =
  /^(syrup: |args|value|desc:|op:|answers?\b|exports: |imports: |position |resolver: |gifts?\b|ocapn-|\d+ messages)/;

export interface GrammarInit {
  readonly random: Random;
  readonly count: number;
  /** Of positions that are wrong. */
  readonly errorRate: number;
  /** Gifts that nobody takes outlive the session, up to a limit. */
  readonly hasGifts: boolean;
}

export interface GrammarOutcome {
  readonly sessions: number;
  /** How often sessions ended for which kind of reason. */
  readonly reasons: ReadonlyMap<string, number>;
  /** After each collection. */
  readonly heapBytes: readonly number[];
}

function makeTarget(random: Random): object {
  const held: unknown[] = [];
  const settlers: ((value: unknown) => void)[] = [];
  const any = (): unknown => (held.length === 0 ? undefined : random.pick(held));
  return Far("target", {
    same: (...values: unknown[]) => values[0],
    hold(...values: unknown[]) {
      held.push(...values);
      if (held.length > HELD_MAX) held.splice(0, held.length - HELD_MAX);
    },
    drop: () => held.splice(0, random.below(HELD_MAX)).length,
    send(...values: unknown[]) {
      const sends = E(any()) as unknown as { hello(...values: unknown[]): Promise<unknown> };
      const answer = sends.hello(...values);
      (E.sendOnly(answer) as unknown as { more(...values: unknown[]): void }).more(any());
      return random.chance(0.5) ? answer : E.get(answer as Promise<{ list: unknown }>).list;
    },
    make: () => Far("made", { hello: () => any() }),
    later() {
      const { promise, resolve } = Promise.withResolvers<unknown>();
      settlers.push(resolve);
      return promise;
    },
    settle: (value: unknown) => settlers.shift()?.(random.chance(0.5) ? value : any()),
    data: () => ({ list: [any(), new Tagged("box", 1n)], text: "text" }),
    fail() {
      throw new RangeError("as asked");
    },
  });
}

interface Running {
  readonly victim: Ocapn;
  readonly garbage: Garbage;
  attach(): RawPeer;
}

function makeVictim(random: Random): Running {
  const garbage = new Garbage();
  let attachVictim: Attach | undefined;
  const victim = makeOcapn({
    netlayers: [
      {
        location: VICTIM,
        listen: (attach) => {
          attachVictim = attach;
        },
        connect: () => Promise.reject(new Error("nobody is there")),
        close: async () => {},
      },
    ],
    ed25519: makeNodeEd25519(),
    random: (byteLength) => random.bytes(byteLength),
    yieldToHost: turn,
    collector: garbage.collectorOf(VICTIM),
  });
  let peers = 0;
  return { victim, garbage, attach: () => connect(attachVictim!, `fuzz-${peers++}`) };
}

/** Both ends of a connection that carries at once what is sent, in the order of sending. */
function connect(attachVictim: Attach, designator: string): RawPeer {
  const handlers: ConnectionHandler[] = [];
  let isOver = false;
  const end = (other: number) => ({
    bufferedBytes: 0,
    send: (messages: readonly Uint8Array[]) => {
      for (const message of messages) if (!isOver || other === 1) handlers[other]?.onData(message.slice());
    },
    close: () => {
      if (isOver) return;
      isOver = true;
      queueMicrotask(() => {
        for (const handler of handlers) handler.onClose();
      });
    },
  });
  const raw = new RawPeer(end(0), { ...VICTIM, designator });
  handlers[1] = raw;
  handlers[0] = attachVictim(end(1));
  return raw;
}

export async function runGrammar({ random, count, errorRate, hasGifts }: GrammarInit): Promise<GrammarOutcome> {
  const { victim, garbage, attach } = makeVictim(random);
  const reasons = new Map<string, number>();
  const heapBytes: number[] = [];
  let sessions = 0;
  for (let sent = 0; sent < count; ) {
    const uri = victim.serve(makeTarget(random), { swissNumber: SWISS });
    const raw = attach();
    raw.hello();
    const peer = new GrammarPeer({ raw, random, target: await raw.fetch(SWISS), errorRate, hasGifts });
    sessions += 1;
    for (let at = 0; at < MESSAGES_PER_SESSION_MAX && raw.closed === undefined; at += 1, sent += 1) {
      peer.listen();
      const bytes = encodeSyrup(peer.next());
      try {
        raw.sendBytes(bytes);
      } catch (error) {
        throw new Error(`message ${sent}: ${Buffer.from(bytes).toString("latin1")}`, { cause: error });
      }
      if (at % MESSAGES_PER_TURN === 0) await turn();
      if (sent % MESSAGES_PER_COLLECTION === 0) await garbage.collect();
    }
    raw.connection.close();
    for (let at = 0; at < 4; at += 1) await turn();
    if (victim.sessions.length > 0) throw new Error("a session that is over is still there");
    const reason = raw.abortReason;
    if (reason !== undefined && !REASON.test(reason)) throw new Error(`the victim says: ${reason}`);
    const kind = reason?.replaceAll(/\d+/g, "N") ?? "none";
    reasons.set(kind, (reasons.get(kind) ?? 0) + 1);
    victim.revoke(uri);
    if (sessions % SESSIONS_PER_HEAP !== 0) continue;
    await garbage.collect();
    heapBytes.push(process.memoryUsage().heapUsed);
  }
  await victim.close();
  return { sessions, reasons, heapBytes };
}
