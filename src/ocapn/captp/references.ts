/**
 * How references stand in messages: which descriptor names what is local, what is the peer's, and what belongs to a third party; and back.
 *
 * @module
 */

import { isTarget, PassableError, type SyrupReader, type SyrupWriter } from "../../passable/index.ts";
import { STURDYREF } from "../codecs/descriptors.ts";
import { writeDescriptor } from "../codecs/fields.ts";
import type { Hooks } from "../codecs/hooks.ts";
import { OcapnError } from "../errors.ts";
import { handlerOf } from "../eventual/handler.ts";
import { Reaction } from "../eventual/reactions.ts";
import { readEnvelope, SignedReceiveValue, writeSignedReceive } from "../handoff/envelope.ts";
import { SturdyRef } from "../sturdyref.ts";
import type { AnswerTable } from "./answers.ts";
import type { ExportTable } from "./export-table.ts";
import { type ImportTable, Presence } from "./import-table.ts";
import { answerPosition, exportPosition, importPosition } from "./positions.ts";
import { RemotePromise } from "./remote-promise.ts";
import { Resolver } from "./resolver.ts";
import type { Sender } from "./sender.ts";
import { Served } from "./served.ts";

export interface ReferencesInit {
  readonly sender: Sender;
  readonly exports: ExportTable;
  readonly imports: ImportTable;
  readonly answers: AnswerTable;
  /** Somebody has to ask what becomes of a promise that came in. */
  listen(remote: RemotePromise): void;
  /** Writes the certificate by which the peer gets the object of a third party; what deposits it, or undefined where that session is over. */
  give(reference: object, presence: Presence, writer: SyrupWriter): (() => void) | undefined;
  /** A promise for the object that a third party's certificate is for. */
  receive(envelope: Extract<ReturnType<typeof readEnvelope>, { readonly kind: "give" }>): Promise<unknown>;
}

export class References implements Hooks {
  readonly #init: ReferencesInit;
  /** For the message that is being written. */
  #deposits: (() => void)[] = [];

  constructor(init: ReferencesInit) {
    this.#init = init;
  }

  writeReference(value: object, writer: SyrupWriter): void {
    const handler = handlerOf(value);
    if (handler instanceof Presence && this.#writePresence(value, handler, writer)) return;
    if (handler instanceof RemotePromise && this.#writeRemotePromise(handler, writer)) return;
    if (value instanceof SturdyRef) {
      STURDYREF.write(writer, value.locator, this);
    } else if (value instanceof SignedReceiveValue) {
      writeSignedReceive(writer, value);
    } else if (value instanceof Promise) {
      // The peer may listen to it, or not.
      Reaction.ensure(value);
      writeDescriptor(writer, "desc:import-promise", this.#init.exports.send(value));
    } else if (value instanceof Served) {
      writeDescriptor(writer, "desc:import-object", this.#init.exports.send(value.current, value));
    } else if (handler !== undefined || isTarget(value)) {
      assertNoThenable(value);
      // What is far and cannot be handed over (its session has ended, or is another network's) is exported like an object of this side.
      writeDescriptor(writer, "desc:import-object", this.#init.exports.send(value));
    } else {
      throw new PassableError(
        "unpassable",
        `an instance of ${className(value)} cannot be passed; mark it with Far, or pass data`,
      );
    }
  }

  #writePresence(reference: object, presence: Presence, writer: SyrupWriter): boolean {
    if (presence.sender !== this.#init.sender) {
      const deposit = this.#init.give(reference, presence, writer);
      if (deposit !== undefined) this.#deposits.push(deposit);
      return deposit !== undefined;
    }
    writeDescriptor(writer, "desc:export", presence.position);
    return true;
  }

  /** The message goes out, or cannot be sent: then nothing has been given away. */
  onWritten(isSent: boolean): void {
    if (isSent) this.#init.exports.commit();
    else this.#init.exports.undo();
    if (this.#deposits.length === 0) return;
    const deposits = this.#deposits;
    this.#deposits = [];
    if (isSent) for (const deposit of deposits) deposit();
  }

  #writeRemotePromise(remote: RemotePromise, writer: SyrupWriter): boolean {
    const { route } = remote;
    if (remote.sender !== this.#init.sender || route === undefined) return false;
    writeDescriptor(writer, route.kind === "answer" ? "desc:answer" : "desc:export", route.position);
    return true;
  }

  readReference(label: string, reader: SyrupReader): unknown {
    switch (label) {
      case "desc:import-object":
        return this.#init.imports.object(importPosition(readPositionBody(reader)));
      case "desc:import-promise": {
        const { remote, isNew } = this.#init.imports.promise(importPosition(readPositionBody(reader)));
        if (isNew) this.#init.listen(remote);
        return remote.promise;
      }
      case "desc:export":
        return this.#exported(readPositionBody(reader));
      case "desc:answer":
        return this.#answered(readPositionBody(reader));
      case "ocapn-sturdyref": {
        const { peer, swissNumber } = STURDYREF.readBody(reader, this);
        return new SturdyRef({ peer, swissNumber });
      }
      case "desc:sig-envelope": {
        const envelope = readEnvelope(reader);
        return envelope.kind === "give" ? this.#init.receive(envelope) : envelope.value;
      }
      default:
        return reader.fail(`no value of CapTP: ${label.slice(0, 64)}`);
    }
  }

  #exported(position: number): unknown {
    const value = this.#init.exports.argumentAt(exportPosition(position));
    if (value === undefined) throw new OcapnError("malformed", `desc:export ${position}: there is no such export`);
    return value instanceof Resolver ? value.target : value;
  }

  #answered(position: number): unknown {
    const answer = this.#init.answers.get(answerPosition(position));
    if (answer === undefined) throw new OcapnError("malformed", `desc:answer ${position}: there is no such answer`);
    return answer.argument(this.#init.exports);
  }
}

function readPositionBody(reader: SyrupReader): number {
  const position = reader.readPosition();
  reader.endRecord();
  return position;
}

/** It would come home as what it is: then a peer's answer could make this side call it, and wait for as long as it likes. */
function assertNoThenable(value: object): void {
  if (typeof (value as { readonly then?: unknown }).then !== "function") return;
  throw new PassableError("unpassable", "an object with a method then cannot be passed: it would pass for a promise");
}

function className(value: object): string {
  const name: unknown = value.constructor?.name;
  return typeof name === "string" && name !== "" ? name : "a class";
}
