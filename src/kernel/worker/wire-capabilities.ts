/**
 * Capabilities of the kernel over a link: in messages they are numbers, and they come home as themselves. What one side has dropped the other
 * side learns, so that it can let go of it. Answers can be sent to before they are there, where whoever answers takes that.
 * @module
 */

import type { Plain } from "../../image/index.ts";
import type { Answer, Capability, Message, PendingAnswer } from "../../passable/index.ts";
import { broken, CAPABILITY, isPromiseCapability, passOn } from "../../passable/index.ts";
import type { Link } from "./link.ts";

/** The sender's own. */
interface OwnCapability {
  readonly mine: number;
  readonly isPromise: boolean;
  readonly locator: Plain | undefined;
}

/** Or the receiver's, by the number that that gave. */
export type WireCapability = OwnCapability | { readonly yours: number };
export type WireMessage = { readonly bytes: Uint8Array; readonly capabilities: readonly WireCapability[] };
export type WireAnswer =
  | Exclude<Answer, { readonly message: Message }>
  | { readonly status: "fulfilled" | "rejected"; readonly message: WireMessage };

/** Both ends export this first: what they have to say about capabilities, and messages to answers. */
const ADMINISTRATION = 1;

interface Exported {
  readonly capability: Capability;
  readonly number: number;
  /** How often it was sent and not dropped. */
  count: number;
}

interface Imported {
  readonly reference: WeakRef<Capability>;
  count: number;
}

export class WireCapabilities {
  readonly #link: Link;
  readonly #exports = new Map<number, Exported>();
  readonly #byCapability = new Map<Capability, Exported>();
  readonly #imports = new Map<number, Imported>();
  readonly #numbers = new WeakMap<Capability, number>();
  readonly #collected = new FinalizationRegistry<{ readonly number: number; readonly imported: Imported }>((dropped) =>
    this.#drop(dropped),
  );
  /** Answers that the other side has asked for and may send to, by the number that it gave them. */
  readonly #answers = new Map<number, Answer | PendingAnswer>();
  #nextAnswer = 1;

  constructor(link: Link) {
    this.#link = link;
    const number = link.export({
      drop: (dropped: number, count: number) => this.#dropped(dropped, count),
      forget: (answer: number) => void this.#answers.delete(answer),
      receive: (answer: number, message: WireMessage, key: number) =>
        this.#answer(key, () => this.#targetOf(answer).receive(this.fromWire(message))),
      tell: (answer: number, message: WireMessage) => tell(this.#targetOf(answer), this.fromWire(message)),
    });
    if (number !== ADMINISTRATION) throw new Error("link: an object was exported before its capabilities were");
  }

  toWire(message: Message): WireMessage {
    return { bytes: message.bytes, capabilities: message.capabilities.map((held) => this.capabilityToWire(held)) };
  }

  fromWire(message: WireMessage): Message {
    return { bytes: message.bytes, capabilities: message.capabilities.map((held) => this.capabilityFromWire(held)) };
  }

  answerToWire(answer: Answer): WireAnswer {
    return answer.status === "broken" ? answer : { status: answer.status, message: this.toWire(answer.message) };
  }

  answerFromWire(answer: WireAnswer): Answer {
    return answer.status === "broken" ? answer : { status: answer.status, message: this.fromWire(answer.message) };
  }

  capabilityToWire(capability: Capability): WireCapability {
    const theirs = this.#numbers.get(capability);
    if (theirs !== undefined) return { yours: theirs };
    const exported = this.#byCapability.get(capability) ?? this.#export(capability);
    exported.count++;
    return { mine: exported.number, isPromise: isPromiseCapability(capability), locator: capability.locator };
  }

  #export(capability: Capability): Exported {
    const number = this.#link.export({
      [CAPABILITY]: true,
      receive: (message: WireMessage, key: number) =>
        this.#answer(key, () => capability.receive(this.fromWire(message))),
      tell: (message: WireMessage) => tell(capability, this.fromWire(message)),
      settled: async () => this.answerToWire((await capability.settled?.()) ?? NO_CAPABILITY),
    });
    const exported = { capability, number, count: 0 };
    this.#exports.set(number, exported);
    this.#byCapability.set(capability, exported);
    return exported;
  }

  /** The other side may send to the answer until it says that it has got it. */
  async #answer(key: number, receive: () => Answer | PendingAnswer): Promise<WireAnswer> {
    const answer = receive();
    this.#answers.set(key, answer);
    return this.answerToWire(await answer);
  }

  /** What takes messages for an answer. */
  #targetOf(key: number): Capability {
    const answer = this.#answers.get(key);
    if (answer === undefined) return NOBODY;
    if (!(answer instanceof Promise)) return { [CAPABILITY]: true, receive: (message) => passOn(answer, message) };
    return (
      answer.pipeline ?? {
        [CAPABILITY]: true,
        receive: (message) => answer.then((settled) => passOn(settled, message)),
      }
    );
  }

  #dropped(number: number, count: number): void {
    const exported = this.#exports.get(number);
    if (exported === undefined) return;
    exported.count -= count;
    if (exported.count > 0) return;
    this.#exports.delete(number);
    this.#byCapability.delete(exported.capability);
    this.#link.drop(number);
  }

  capabilityFromWire(wire: WireCapability): Capability {
    if ("yours" in wire) return this.#exports.get(wire.yours)?.capability ?? NOBODY;
    const imported = this.#imports.get(wire.mine);
    const known = imported?.reference.deref();
    if (imported !== undefined && known !== undefined) {
      imported.count++;
      return known;
    }
    const capability = this.#makeRemote(wire);
    const added = { reference: new WeakRef(capability), count: 1 };
    this.#imports.set(wire.mine, added);
    this.#numbers.set(capability, wire.mine);
    this.#collected.register(capability, { number: wire.mine, imported: added });
    return capability;
  }

  #drop({ number, imported }: { readonly number: number; readonly imported: Imported }): void {
    // It may have come again since.
    if (this.#imports.get(number) === imported) this.#imports.delete(number);
    this.#link.tell(ADMINISTRATION, "drop", number, imported.count);
  }

  #makeRemote(wire: OwnCapability): Capability {
    const link = this.#link;
    const number = wire.mine;
    let settled: Promise<Answer> | undefined;
    return Object.freeze<Capability>({
      [CAPABILITY]: true,
      receive: (message: Message) => this.#ask((key) => link.call(number, "receive", this.toWire(message), key)),
      receiveOnly: (message: Message) => link.tell(number, "tell", this.toWire(message)),
      ...(wire.isPromise
        ? {
            settled: () => {
              settled ??= link.call(number, "settled").then((answer) => this.answerFromWire(answer as WireAnswer));
              return settled;
            },
          }
        : {}),
      ...(wire.locator === undefined ? {} : { locator: wire.locator }),
    });
  }

  /** Asks the other side for an answer, under a number by which it can be sent to. */
  #ask(call: (key: number) => Promise<unknown>): PendingAnswer {
    const key = this.#nextAnswer++;
    let known: Answer | undefined;
    const answer = call(key).then((wire) => {
      known = this.answerFromWire(wire as WireAnswer);
      this.#link.tell(ADMINISTRATION, "forget", key);
      return known;
    });
    // The kernel looks at it, or nobody does.
    answer.catch(() => {});
    const pipeline: Capability = {
      [CAPABILITY]: true,
      receive: (message) =>
        known === undefined
          ? this.#ask((next) => this.#link.call(ADMINISTRATION, "receive", key, this.toWire(message), next))
          : passOn(known, message),
      receiveOnly: (message) => {
        if (known === undefined) this.#link.tell(ADMINISTRATION, "tell", key, this.toWire(message));
        else ignore(passOn(known, message));
      },
    };
    return Object.assign(answer, { pipeline });
  }
}

const NO_CAPABILITY: Answer = broken("no-target", "there is no such capability any more");
const NOBODY: Capability = Object.freeze<Capability>({ [CAPABILITY]: true, receive: () => NO_CAPABILITY });

function tell(capability: Capability, message: Message): void {
  if (capability.receiveOnly !== undefined) capability.receiveOnly(message);
  else ignore(capability.receive(message));
}

/** Nobody wants to know, not even of a failure of the host's. */
function ignore(answer: Answer | PendingAnswer): void {
  if (answer instanceof Promise) answer.catch(() => {});
}
