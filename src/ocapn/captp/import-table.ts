/**
 * What the peer has given to this side: far references and promises by position, with how often each was received. When a reference is dropped, or
 * a promise settled, the peer is told how often it had been sent (`op:gc-exports`).
 *
 * @module
 */

import type { Collector, Held } from "../collector.ts";
import { OcapnError } from "../errors.ts";
import { makeFarReference } from "../eventual/far-reference.ts";
import type { Handler, Step } from "../eventual/handler.ts";
import { ChurnMap } from "./churn-map.ts";
import type { ImportPosition } from "./positions.ts";
import { RemotePromise } from "./remote-promise.ts";
import type { Sender } from "./sender.ts";

interface ImportedObject {
  readonly kind: "object";
  readonly held: Held;
  count: number;
}

interface ImportedPromise {
  readonly kind: "promise";
  readonly remote: RemotePromise;
  count: number;
}

/** Carries the messages for a far reference. */
export class Presence implements Handler {
  readonly sender: Sender;
  readonly position: ImportPosition;

  constructor(sender: Sender, position: ImportPosition) {
    this.sender = sender;
    this.position = position;
  }

  get #route(): { readonly kind: "export"; readonly position: number } {
    return { kind: "export", position: this.position };
  }

  call(args: readonly unknown[]): Promise<unknown> {
    return this.sender.ask(this.#route, args);
  }

  tell(args: readonly unknown[]): void {
    this.sender.tell(this.#route, args);
  }

  step(step: Step): Promise<unknown> {
    return this.sender.step(this.#route, step);
  }
}

export interface ImportTableInit {
  readonly sender: Sender;
  readonly collector: Collector;
  readonly entriesMax: number;
  /** The peer may forget that it sent this, so often. */
  onDropped(position: ImportPosition, wireDelta: number): void;
}

export class ImportTable {
  readonly #init: ImportTableInit;
  readonly #entries = new ChurnMap<ImportPosition, ImportedObject | ImportedPromise>();

  constructor(init: ImportTableInit) {
    this.#init = init;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** One more reference to an object came in. The same object is the same far reference for as long as it is held. */
  object(position: ImportPosition): object {
    const entry = this.#entries.get(position);
    if (entry?.kind === "promise") throw confused(position);
    const held = entry?.held.deref();
    if (entry !== undefined && held !== undefined) {
      entry.count += 1;
      return held;
    }
    // One that was collected, but not reported yet, is reported with its own count.
    this.#assertRoom();
    const { sender, collector } = this.#init;
    const reference = makeFarReference(new Presence(sender, position), `object ${position}`);
    const added: ImportedObject = {
      kind: "object",
      held: collector.watch(reference, () => {
        if (this.#entries.get(position) === added) this.#entries.delete(position);
        this.#init.onDropped(position, added.count);
      }),
      count: 1,
    };
    this.#entries.set(position, added);
    return reference;
  }

  /** One more reference to a promise came in; whether it is the first, and somebody has to listen to it. */
  promise(position: ImportPosition): { readonly remote: RemotePromise; readonly isNew: boolean } {
    const entry = this.#entries.get(position);
    if (entry?.kind === "object" && entry.held.deref() !== undefined) throw confused(position);
    if (entry?.kind === "promise") {
      entry.count += 1;
      return { remote: entry.remote, isNew: false };
    }
    this.#assertRoom();
    const remote = new RemotePromise(this.#init.sender, { kind: "export", position });
    this.#entries.set(position, { kind: "promise", remote, count: 1 });
    return { remote, isNew: true };
  }

  /** This side does not use the promise any more. */
  releasePromise(position: ImportPosition): void {
    const entry = this.#entries.get(position);
    if (entry?.kind !== "promise") return;
    this.#entries.delete(position);
    this.#init.onDropped(position, entry.count);
  }

  /** The session is over. */
  break(reason: unknown): void {
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    for (const entry of entries) {
      if (entry.kind === "object") entry.held.release();
      else entry.remote.break(reason);
    }
  }

  #assertRoom(): void {
    if (this.#entries.size >= this.#init.entriesMax) {
      throw new OcapnError(
        "limit",
        `imports: the peer has sent ${this.#init.entriesMax} objects that are in use, which is the limit`,
      );
    }
  }
}

function confused(position: ImportPosition): OcapnError {
  return new OcapnError("malformed", `position ${position} is an object and a promise at once`);
}
