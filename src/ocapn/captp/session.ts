/**
 * A session of CapTP: two peers, the tables of what they have given each other, and the messages between them, from the moment when both
 * have said hello.
 *
 * Nothing here is asynchronous but the network: messages that came together are delivered one after the other, in their order.
 *
 * @module
 */

import { isTarget, makeSelector, SyrupReader } from "../../passable/index.ts";
import { ABORT, DELIVER, GET, INDEX, LISTEN, type Listen, readMessage, UNTAG } from "../codecs/messages.ts";
import type { RecordCodec } from "../codecs/record.ts";
import type { Collector } from "../collector.ts";
import { OcapnError } from "../errors.ts";
import { handlerOf, type Step } from "../eventual/handler.ts";
import { quiet } from "../eventual/reactions.ts";
import type { SigningKey } from "../keys.ts";
import {
  ABORT_REASON_LENGTH_MAX,
  ANSWERS_BYTES_MAX,
  ANSWERS_MAX,
  EXPORTS_MAX,
  IMPORTS_MAX,
  OUTGOING_BYTES_MAX,
  QUESTIONS_MAX,
  VALUE_BYTES,
} from "../limits.ts";
import type { PeerLocator } from "../locator.ts";
import type { Connection } from "../netlayer.ts";
import { AnswerTable } from "./answers.ts";
import { ChurnMap } from "./churn-map.ts";
import { ExportTable } from "./export-table.ts";
import { ImportTable, Presence } from "./import-table.ts";
import { Inbound } from "./inbound.ts";
import { Outbox } from "./outbox.ts";
import { BOOTSTRAP, importPosition } from "./positions.ts";
import { References } from "./references.ts";
import { RemotePromise } from "./remote-promise.ts";
import { Resolver } from "./resolver.ts";
import type { Route, Sender } from "./sender.ts";
import type { SessionHost } from "./session-host.ts";
import { type Load, Throttle } from "./throttle.ts";
import { Waits } from "./waits.ts";

export interface SessionInit {
  readonly host: SessionHost;
  readonly collector: Collector;
  readonly connection: Connection;
  readonly key: SigningKey;
  readonly peerKey: Uint8Array;
  readonly peerLocation: PeerLocator;
  /** Of the session, and of this side in it. */
  readonly id: Uint8Array;
  readonly side: Uint8Array;
  readonly peerSide: Uint8Array;
  /** Runs the callback when a while has passed in which drops could go along with messages, unless what it returns is called before. */
  later(callback: () => void): () => void;
  /** Runs the callback later, unless what it returns is called before. Without it the peer is not held back. */
  after?(timeoutMs: number, callback: () => void): () => void;
  onWire?(direction: "in" | "out", message: Uint8Array): void;
}

/** How many entries the tables of a session have. All are 0 when both sides have dropped everything. */
export interface SessionTables {
  readonly exports: number;
  readonly imports: number;
  readonly questions: number;
  readonly answers: number;
  /** Of the peer's: those that nobody has withdrawn, and those that somebody waits for. */
  readonly gifts: number;
}

export class Session implements Sender {
  readonly init: SessionInit;
  readonly collector: Collector;
  readonly exports: ExportTable;
  readonly imports: ImportTable;
  readonly waits: Waits = new Waits();
  readonly answers: AnswerTable = new AnswerTable({ entriesMax: ANSWERS_MAX, bytesMax: ANSWERS_BYTES_MAX });
  readonly references: References;
  readonly #outbox: Outbox;
  readonly #inbound: Inbound;
  readonly #questions = new ChurnMap<RemotePromise, RemotePromise>();
  readonly #throttle: Throttle | undefined;
  /** Promises of the peer's that are not settled. */
  #awaited = 0;
  /** Of what the peer made this side send, answers above all, since the network had taken all. */
  #owedBytes = 0;
  #nextQuestion = 0;
  #nextHandoff = 0;
  #end: OcapnError | undefined;

  constructor(init: SessionInit) {
    const { host, collector, connection } = init;
    this.init = init;
    this.collector = collector;
    this.exports = new ExportTable({ bootstrap: host.makeBootstrap(this), entriesMax: EXPORTS_MAX });
    this.imports = new ImportTable({
      sender: this,
      collector,
      entriesMax: IMPORTS_MAX,
      onDropped: (position, wireDelta) => this.#outbox.drop(position, wireDelta),
    });
    this.references = new References({
      sender: this,
      exports: this.exports,
      imports: this.imports,
      answers: this.answers,
      listen: (remote) => this.#listen(remote),
      give: (reference, presence, writer) => host.give({ receiver: this, reference, presence, writer }),
      receive: (envelope) => host.receive(this, envelope.certificate),
    });
    this.#outbox = new Outbox({
      connection,
      hooks: this.references,
      later: init.later,
      onWritten: (isSent) => this.references.onWritten(isSent),
      onFull: () => this.abort(this.#notTaken()),
      ...(init.onWire === undefined ? {} : { onWire: (message: Uint8Array) => init.onWire?.("out", message) }),
    });
    this.#inbound = new Inbound(this);
    const { after } = init;
    if (after === undefined || connection.pause === undefined) return;
    this.#throttle = new Throttle({
      connection,
      load: () => this.#load,
      isWaiting: () => this.#awaited > 0,
      after,
    });
  }

  get isOver(): boolean {
    return this.#end !== undefined;
  }

  get tables(): SessionTables {
    return {
      exports: this.exports.size,
      imports: this.imports.size,
      questions: this.#questions.size,
      answers: this.answers.size,
      gifts: this.init.host.giftsOf(this),
    };
  }

  /** The peer's bootstrap object. */
  askBootstrap(method: string, ...args: readonly unknown[]): Promise<unknown> {
    return this.ask({ kind: "export", position: BOOTSTRAP }, [makeSelector(method), ...args]);
  }

  tellBootstrap(method: string, ...args: readonly unknown[]): void {
    this.tell({ kind: "export", position: BOOTSTRAP }, [makeSelector(method), ...args]);
  }

  takeHandoffCount(): number {
    return this.#nextHandoff++;
  }

  ask(route: Route, args: readonly unknown[]): Promise<unknown> {
    return this.#question((answerPosition, resolver) => {
      const resolveMe = { kind: "object", position: this.exports.sendOnce(resolver) } as const;
      this.#send(DELIVER, { to: route, args, answerPosition, resolveMe });
    }, args);
  }

  tell(route: Route, args: readonly unknown[]): void {
    // It cannot be refused, as nobody would learn of it; and what follows it must not arrive without it.
    if (this.#end === undefined && this.#isFull) this.abort(this.#tooMuch());
    if (this.#end !== undefined) {
      quiet(args);
      return;
    }
    try {
      this.#send(DELIVER, { to: route, args, answerPosition: false, resolveMe: false });
    } catch {
      // Who only sends does not learn of failures.
      quiet(args);
    }
  }

  step(route: Route, step: Step): Promise<unknown> {
    return this.#question((answerPosition, resolver) => {
      // First what can fail: nothing may be sent then.
      const resolverPosition = this.exports.sendOnce(resolver);
      this.#sendStep(route, step, answerPosition);
      this.#send(LISTEN, listenTo({ kind: "answer", position: answerPosition }, resolverPosition));
    });
  }

  #sendStep(receiver: Route, step: Step, answerPosition: number): void {
    switch (step.op) {
      case "get":
        this.#send(GET, { receiver, fieldName: step.fieldName, answerPosition });
        return;
      case "index":
        this.#send(INDEX, { receiver, index: step.index, answerPosition });
        return;
      case "untag":
        this.#send(UNTAG, { receiver, tag: step.tag, answerPosition });
        return;
      default:
        step satisfies never;
    }
  }

  #listen(remote: RemotePromise): void {
    const { route } = remote;
    if (route === undefined || this.#end !== undefined) return;
    this.#awaited += 1;
    this.#sendOwed(LISTEN, listenTo(route, this.exports.sendOnce(new Resolver(remote))));
  }

  #question(
    send: (answerPosition: number, resolver: Resolver) => void,
    args: readonly unknown[] = [],
  ): Promise<unknown> {
    if (this.#end !== undefined) return broken(this.#end, args);
    if (this.#isFull || this.#questions.size >= QUESTIONS_MAX) return broken(this.#tooMuch(), args);
    const position = this.#nextQuestion;
    const remote = new RemotePromise(this, { kind: "answer", position });
    try {
      this.#outbox.assertNotWriting();
      send(position, new Resolver(remote));
    } catch (error) {
      return broken(error, args);
    }
    // An accessor among the arguments has closed it, or there is too much for the peer now.
    if (this.#end !== undefined) return broken(this.#end, args);
    this.#nextQuestion = position + 1;
    this.#questions.set(remote, remote);
    this.#awaited += 1;
    return remote.promise;
  }

  get #isFull(): boolean {
    return this.#outbox.bytes > OUTGOING_BYTES_MAX;
  }

  #tooMuch(): OcapnError {
    return new OcapnError(
      "limit",
      `call: ${this.#questions.size} calls are unanswered and ${this.#outbox.bytes} bytes unsent; wait for some of the answers`,
    );
  }

  settled(remote: RemotePromise): void {
    this.#questions.delete(remote);
    this.#awaited -= 1;
  }

  release(route: Route): void {
    if (this.#end !== undefined) return;
    if (route.kind === "answer") this.#outbox.dropAnswer(route.position);
    else this.imports.releasePromise(importPosition(route.position));
  }

  isElsewhere(value: unknown): boolean {
    const handler = handlerOf(value);
    if (handler instanceof Presence) return handler.sender !== this;
    // A promise that was given back came home as one of this side's.
    if (handler instanceof RemotePromise) return handler.sender !== this || handler.route === undefined;
    return handler !== undefined || isTarget(value) || value instanceof Promise;
  }

  /** `fulfill` or `break` for a resolver of the peer's, which is then dropped. */
  resolve(position: number, name: "fulfill" | "break", value: unknown): void {
    if (this.#end === undefined && this.#isFull) this.abort(this.#notTaken());
    if (this.#end !== undefined) {
      quiet(value);
      return;
    }
    const to = { kind: "export", position } as const;
    const selector = name === "fulfill" ? FULFILL : BREAK;
    try {
      this.#sendOwed(DELIVER, { to, args: [selector, value], answerPosition: false, resolveMe: false });
    } catch (error) {
      quiet(value);
      this.#sendOwed(DELIVER, { to, args: [BREAK, unpassable(error)], answerPosition: false, resolveMe: false });
    }
    this.#outbox.drop(position, 1);
  }

  #notTaken(): OcapnError {
    return new OcapnError("limit", `the peer does not take what it is sent: ${this.#outbox.bytes} bytes wait for it`);
  }

  #send<V>(codec: RecordCodec<string, V>, values: V): void {
    this.#outbox.send(codec, values);
  }

  /** What the peer has made this side send. */
  #sendOwed<V>(codec: RecordCodec<string, V>, values: V): void {
    this.#owedBytes += this.#outbox.send(codec, values);
  }

  /** What came in one piece was received. */
  afterPiece(): void {
    this.#throttle?.afterPiece();
  }

  /** A message of the peer's that was not done at once is done. */
  afterDone(): void {
    this.#throttle?.afterDone();
  }

  get #load(): Load {
    // What this side sends of its own accord is not the peer's doing.
    if (this.init.connection.bufferedBytes === 0) this.#owedBytes = 0;
    return { ...this.#inbound.undone, unsentBytes: Math.min(this.#owedBytes, this.#outbox.bytes) };
  }

  /** One whole message of the peer's. What is wrong with it ends the session. */
  receive(bytes: Uint8Array): void {
    if (this.#end !== undefined) return;
    this.init.onWire?.("in", bytes);
    try {
      const reader = new SyrupReader(bytes);
      const message = readMessage(reader, this.references);
      if (!reader.isAtEnd) reader.fail("more than one value in a message");
      // What it brought may have been the end.
      if (this.#end !== undefined) return;
      this.#inbound.dispatch(message, bytes.length + reader.valueCount * VALUE_BYTES);
    } catch (error) {
      this.abort(error);
    }
  }

  /** Ends the session, and tells the peer why. */
  abort(cause: unknown): void {
    if (this.#end !== undefined) return;
    const reason = cause instanceof Error ? cause.message : String(cause);
    if (!this.#outbox.isWriting) {
      this.#send(ABORT, { reason: reason.slice(0, ABORT_REASON_LENGTH_MAX).toWellFormed() });
    }
    this.#outbox.close();
    this.init.connection.close();
    this.end(cause instanceof OcapnError ? cause : new OcapnError("malformed", reason));
  }

  /** The session is over: everything that waits for the peer learns it. */
  end(reason: OcapnError): void {
    if (this.#end !== undefined) return;
    this.#end = reason;
    this.#throttle?.close();
    this.#outbox.close();
    const questions = [...this.#questions.values()];
    this.#questions.clear();
    for (const question of questions) question.break(reason);
    this.imports.break(reason);
    this.exports.clear();
    this.answers.clear();
    this.waits.end(reason);
    this.init.host.onSessionEnd(this, reason);
  }
}

const FULFILL = makeSelector("fulfill");
const BREAK = makeSelector("break");

function listenTo(to: Route, resolverPosition: number): Listen {
  return { to, resolveMe: { kind: "object", position: resolverPosition }, wantsPartial: false };
}

/** Who calls and does not look is no more stopped by this than by an answer that breaks; nor by what was to go with the call. */
function broken(reason: unknown, args: readonly unknown[]): Promise<never> {
  quiet(args);
  const promise = Promise.reject(reason);
  promise.catch(() => {});
  return promise;
}

/** Why an answer did not go. The reason may be anything that the answer's own code has thrown, and must be one that goes. */
function unpassable(error: unknown): TypeError {
  let why = "no reason";
  try {
    if (error instanceof Error) why = String(error.message).replace(/^args\[1\]/, "value");
  } catch {
    // An error that refuses to be looked at.
  }
  return new TypeError(`the answer cannot be passed: ${why.slice(0, ABORT_REASON_LENGTH_MAX).toWellFormed()}`);
}
