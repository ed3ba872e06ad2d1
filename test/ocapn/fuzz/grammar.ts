/**
 * A peer that speaks the protocol's grammar at random: most positions are right, so that sessions live long enough for what they hold to be
 * in every state; some are not.
 *
 * @module
 */
import {
  answer,
  deliverMessage,
  exported,
  giveValue,
  labelOfValue,
  makeGive,
  object,
  promise,
  type RawPeer,
  receiveValue,
  record,
} from "../../../src/ocapn/client/raw-peer.conformance.ts";
import type { PeerLocator } from "../../../src/ocapn/index.ts";
import { makeSelector, SyrupRecord, SyrupStruct, type SyrupValue } from "../../../src/passable/index.ts";
import type { Random } from "../../random/random.ts";

/** Positions of the peer's own: of each some are objects, some promises. */
const OWN_MAX = 24;
const METHODS = [
  "same",
  "hold",
  "drop",
  "send",
  "make",
  "later",
  "settle",
  "data",
  "fail",
  "missing",
  "then",
  "__proto__",
];

export class GrammarPeer {
  readonly #raw: RawPeer;
  readonly #random: Random;
  readonly #target: number;
  /** How often each of the victim's exports has come. */
  readonly #exports = new Map<number, number>();
  /** Those of them that take an answer, and nothing else. */
  readonly #resolvers = new Set<number>();
  readonly #answers = new Set<number>();
  #read = 0;
  #nextAnswer = 0;
  #nextCount = 0;
  /** Of positions that are wrong. */
  readonly #errorRate: number;
  readonly #hasGifts: boolean;

  constructor(init: {
    readonly raw: RawPeer;
    readonly random: Random;
    readonly target: number;
    readonly errorRate: number;
    readonly hasGifts: boolean;
  }) {
    this.#raw = init.raw;
    this.#random = init.random;
    this.#target = init.target;
    this.#errorRate = init.errorRate;
    this.#hasGifts = init.hasGifts;
    this.#exports.set(init.target, 1);
    this.#read = init.raw.received.length;
  }

  /** What the victim has said since the last time is taken note of. */
  listen(): void {
    const { received } = this.#raw;
    for (; this.#read < received.length; this.#read += 1) this.#note(received[this.#read] as SyrupValue);
  }

  #note(value: SyrupValue): void {
    if (Array.isArray(value)) for (const item of value) this.#note(item);
    else if (value instanceof SyrupStruct) for (const [, item] of value.entries) this.#note(item);
    else if (value instanceof SyrupRecord) this.#noteRecord(value);
  }

  #noteRecord(value: SyrupRecord): void {
    const label = labelOfValue(value);
    if (label === "desc:import-object" || label === "desc:import-promise") {
      const position = Number(value.fields[0]);
      this.#exports.set(position, (this.#exports.get(position) ?? 0) + 1);
      return;
    }
    for (const field of value.fields) this.#note(field);
    const resolver = label === "op:deliver" ? value.fields[3] : label === "op:listen" ? value.fields[1] : undefined;
    if (resolver instanceof SyrupRecord) this.#resolvers.add(Number(resolver.fields[0]));
  }

  next(): SyrupValue {
    const random = this.#random;
    switch (random.below(16)) {
      case 0:
      case 1:
        return this.#dropExports();
      case 2:
        return this.#dropAnswers();
      case 3:
        return record("op:listen", this.#to(), this.#own(), random.chance(0.5));
      case 4:
        return record("op:get", this.#to(), random.pick(["list", "text", "nothing", ""]), this.#newAnswer());
      case 5:
        return record("op:index", this.#to(), BigInt(random.below(3)), this.#newAnswer());
      case 6:
        return record("op:untag", this.#to(), random.pick(["box", "bag"]), this.#newAnswer());
      case 7:
      case 8:
        return this.#settle();
      case 9:
        return this.#bootstrap();
      default:
        return this.#call();
    }
  }

  #call(): SyrupValue {
    const random = this.#random;
    const args = [makeSelector(random.pick(METHODS)), ...Array.from({ length: random.below(4) }, () => this.#value(3))];
    return this.#deliver(random.chance(0.5) ? exported(this.#target) : this.#to(), args);
  }

  #deliver(to: SyrupValue, args: readonly SyrupValue[]): SyrupValue {
    const random = this.#random;
    return deliverMessage({
      to,
      args,
      ...(random.chance(0.5) ? { answerPosition: Number(this.#newAnswer()) } : {}),
      resolveMe: random.chance(0.5) ? this.#own() : false,
    });
  }

  #settle(): SyrupValue {
    const resolvers = [...this.#resolvers].filter((position) => this.#exports.has(position));
    if (resolvers.length === 0) return this.#call();
    const name = makeSelector(this.#random.pick(["fulfill", "break"]));
    return deliverMessage({ to: exported(this.#random.pick(resolvers)), args: [name, this.#value(2)] });
  }

  #bootstrap(): SyrupValue {
    const random = this.#random;
    const giftId = random.bytes(1);
    switch (random.below(4)) {
      case 0:
        return this.#deliver(exported(0), [makeSelector("fetch"), random.bytes(3)]);
      case 1:
        if (!this.#hasGifts) return this.#call();
        return this.#deliver(exported(0), [makeSelector("deposit-gift"), giftId, this.#value(1)]);
      default:
        return this.#deliver(exported(0), [makeSelector("withdraw-gift"), this.#certificate(giftId)]);
    }
  }

  #certificate(giftId: Uint8Array): SyrupValue {
    const receiver = this.#raw;
    const certificate = makeGive({ gifter: receiver, exporter: VICTIM, receiverKey: receiver.key.publicKey, giftId });
    const handoffCount = this.#isWrong() ? 0 : this.#nextCount++;
    return receiveValue({ receiver, certificate, handoffCount });
  }

  #dropExports(): SyrupValue {
    const position = this.#export();
    const count = this.#exports.get(position) ?? 0;
    if (position === this.#target || count === 0) return record("op:gc-exports", [], []);
    const dropped = this.#isWrong() ? this.#random.below(5) : 1 + this.#random.below(count);
    if (dropped >= count) this.#exports.delete(position);
    else this.#exports.set(position, count - dropped);
    return record("op:gc-exports", [BigInt(position)], [BigInt(dropped)]);
  }

  #dropAnswers(): SyrupValue {
    const positions = [...this.#answers].filter(() => this.#random.chance(0.3));
    for (const position of positions) this.#answers.delete(position);
    return record("op:gc-answers", [...positions, ...(this.#isWrong() ? [this.#random.below(9)] : [])].map(BigInt));
  }

  #isWrong(): boolean {
    return this.#random.chance(this.#errorRate);
  }

  #newAnswer(): bigint {
    const position = this.#isWrong() ? this.#random.below(20) : this.#nextAnswer++;
    this.#answers.add(position);
    return BigInt(position);
  }

  #export(): number {
    if (this.#isWrong()) return this.#random.below(60);
    return this.#random.pick([...this.#exports.keys()]);
  }

  #answer(): number | undefined {
    return this.#answers.size === 0 ? undefined : this.#random.pick([...this.#answers]);
  }

  #to(): SyrupValue {
    const position = this.#random.chance(0.5) ? this.#answer() : undefined;
    if (position !== undefined) return answer(position);
    const found = this.#export();
    return exported(this.#resolvers.has(found) && !this.#isWrong() ? this.#target : found);
  }

  #own(): SyrupValue {
    const position = 1 + this.#random.below(OWN_MAX);
    return this.#isWrong() || position % 3 !== 0
      ? object(position % 3 === 0 ? position + 1 : position)
      : promise(position);
  }

  #value(depth: number): SyrupValue {
    const random = this.#random;
    if (depth > 0 && random.chance(0.3)) {
      const items = Array.from({ length: random.below(4) }, () => this.#value(depth - 1));
      switch (random.below(4)) {
        case 0:
          return new SyrupStruct(items.map((item, at) => [random.pick(["a", "b", "list", "text", "then"]) + at, item]));
        case 1:
          return record("desc:tagged", makeSelector("box"), this.#value(depth - 1));
        default:
          return items;
      }
    }
    switch (random.below(9)) {
      case 0:
        return BigInt(random.below(5));
      case 1:
        return record("void");
      case 2:
        return record("desc:error", "TypeError: at random");
      case 3:
        return giveValue(
          makeGive({
            gifter: this.#raw,
            exporter: random.pick([VICTIM, NOWHERE]),
            receiverKey: this.#raw.peerKey!,
            giftId: random.bytes(1),
          }),
        );
      case 4:
        return this.#to();
      default:
        return this.#own();
    }
  }
}

export const VICTIM: PeerLocator = { transport: "fuzz", designator: "victim", hints: false };
const NOWHERE: PeerLocator = { transport: "fuzz", designator: "nowhere", hints: false };
