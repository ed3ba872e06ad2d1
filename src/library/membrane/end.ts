/**
 * The importer's end of a membrane, in the host: the table of what it exports to one library, and the proxies of what it imports.
 * Everything that comes is from outside: what is malformed is refused, whatever it is.
 * @module
 */

import { type Primitive, link as protocol } from "../../guests/javascript/index.ts";
import { LibraryError } from "../errors.ts";
import { decodeList, type ImportTable, MalformedValue } from "./decode.ts";
import { type ExportTable, encodeList } from "./encode.ts";
import { assertMayLeave, operateGuarded } from "./guarded.ts";
import { makeProxy, settleWith } from "./proxies.ts";
import { markRemote, remoteOf } from "./remotes.ts";
import { Uncrossable } from "./survey.ts";

const { LinkOp, LinkStatus, LINK_WAITING, ReferenceKind } = protocol;
/** Errors are copies; the word is only for the end that they come from. */
const ERROR_KIND = "e";

/** How an end reaches the library: each takes the text of a request and gives the answer as it was parsed. */
export interface Channel {
  /** In the caller's own thread. Throws a `LibraryError` where there is no answer. */
  ask(request: string): unknown;
  /** Calls a function that has a number directly, with primitives: its result, if that is one, or an answer. */
  call(number: number, args: readonly Primitive[]): Primitive | AnswerText;
  /** From now on requests go to the function of this number. */
  serveBy(number: number): void;
  askLater(request: string): Promise<unknown>;
}

export interface EndInit {
  /** Of the package, for errors. */
  readonly name: string;
  readonly channel: Channel;
  readonly isProxy: ((value: object) => boolean) | undefined;
}

/** An answer that is no primitive. */
export class AnswerText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  get parsed(): unknown {
    try {
      return JSON.parse(this.text);
    } catch {
      return undefined;
    }
  }
}

interface Exported {
  readonly id: number;
  readonly kind: string;
  readonly value: object;
  /** A proxy of the host's: it is called, and else only held. */
  readonly isOpaque: boolean;
  /** How often it was written, less how often the library has given it back. */
  sent: number;
}

interface Imported {
  readonly id: number;
  readonly weak: WeakRef<object>;
  count: number;
}

export class MembraneEnd implements ExportTable, ImportTable {
  readonly isProxy: ((value: object) => boolean) | undefined;
  /** The namespace: as a receiver it is none. */
  root: object | undefined;
  readonly #name: string;
  readonly #channel: Channel;
  readonly #exports = new Map<number, Exported>();
  readonly #ids = new WeakMap<object, Exported>();
  readonly #imports = new Map<number, Imported>();
  /** Functions of the library's that can be called directly, by the ids of receiver (without one their own) and function. */
  readonly #numbers = new Map<number, Map<number, number>>();
  readonly #collected: FinalizationRegistry<Imported>;
  /** Arguments of calls under way. */
  readonly #pinned = new Set<readonly unknown[]>();
  #releases: number[] = [];
  #count = 0;

  constructor({ name, channel, isProxy }: EndInit) {
    this.#name = name;
    this.#channel = channel;
    this.isProxy = isProxy;
    this.#collected = new FinalizationRegistry((imported) => this.#release(imported));
  }

  /** What is exported and what is held, for tests and for `inspect`. */
  get counts(): { readonly exported: number; readonly imported: number } {
    return { exported: this.#exports.size, imported: this.#imports.size };
  }

  /** Names and values of the exports. */
  namespace(): readonly unknown[] {
    const [serve, ...exports] = this.ask(LinkOp.namespace, 0, [true]);
    this.#channel.serveBy(Number(serve));
    return exports;
  }

  /** Calls a function of the library's. With primitives only, nothing is encoded. */
  callFunction(id: number, receiver: unknown, args: readonly unknown[]): unknown {
    const isBare = receiver === undefined || receiver === this.root;
    const number = arePrimitive(args) ? this.#numberOf(id, isBare ? undefined : receiver) : 0;
    if (number === 0) {
      return isBare ? this.ask(LinkOp.call, id, args)[0] : this.ask(LinkOp.apply, id, [receiver, ...args])[0];
    }
    const result = this.#channel.call(number, args as readonly Primitive[]);
    return result instanceof AnswerText ? this.conclude(result.parsed)[0] : result;
  }

  /** 0 where there is none: the library has none left to give, or the receiver is not its own, or new. */
  #numberOf(id: number, receiver: unknown): number {
    const remote = receiver === undefined ? undefined : remoteOf(receiver as object);
    if (receiver !== undefined && remote?.end !== this) return 0;
    const numbers = this.#numbersOf(remote?.id ?? id);
    const number = numbers.get(id);
    if (number !== undefined && number > 0) return number;
    // Most receivers have one method called once: they are not worth a number.
    const isFirst = number === undefined && remote !== undefined;
    const made = isFirst ? 0 : Number(this.ask(LinkOp.direct, id, remote === undefined ? [] : [receiver])[0]);
    numbers.set(id, made);
    return made;
  }

  #numbersOf(receiverId: number): Map<number, number> {
    let numbers = this.#numbers.get(receiverId);
    if (numbers === undefined) {
      numbers = new Map();
      this.#numbers.set(receiverId, numbers);
    }
    return numbers;
  }

  ask(op: number, id: number, values: readonly unknown[]): readonly unknown[] {
    return this.conclude(this.#channel.ask(this.#request(op, id, values)));
  }

  /** The form that may wait. The values are kept until it is answered, or the library could lose what they refer to. */
  async askLater(op: number, id: number, values: readonly unknown[]): Promise<readonly unknown[]> {
    const request = this.#request(op, id, values);
    this.#pinned.add(values);
    try {
      return this.conclude(await this.#channel.askLater(request));
    } finally {
      this.#pinned.delete(values);
    }
  }

  #request(op: number, id: number, values: readonly unknown[]): string {
    const hasReceiver = (op & ~LINK_WAITING) === LinkOp.apply;
    const nameOf = (index: number): string =>
      hasReceiver ? (index === 0 ? "this" : `arguments[${index - 1}]`) : `arguments[${index}]`;
    try {
      return `["link",${op},${id},${encodeList(this, values, nameOf)}${this.#takeReleases()}]`;
    } catch (error) {
      throw error instanceof Uncrossable ? this.#cannotCross(error.path, error.what) : error;
    }
  }

  #cannotCross(path: string, what: string): LibraryError {
    const message = `${this.#name}: ${path}: ${what} cannot cross; pass data, functions, or objects that have them`;
    return new LibraryError("cannot-cross", message, { package: this.#name, path });
  }

  /** What an answer means: its values, or what was thrown. */
  conclude(answer: unknown): readonly unknown[] {
    const [status, mode, values, releases] = Array.isArray(answer) ? answer : [];
    if (status === LinkStatus.cannotCross) {
      const [path, what] = Array.isArray(values) ? values : [];
      throw this.#cannotCross(String(path), String(what));
    }
    const list = this.#decode(mode, values);
    this.#drop(releases);
    if (status === LinkStatus.returned) return list;
    if (status === LinkStatus.thrown) throw list[0];
    throw this.#malformed(new MalformedValue("an unknown status"));
  }

  #decode(mode: unknown, values: unknown): unknown[] {
    try {
      return decodeList(this, mode, values);
    } catch (error) {
      throw error instanceof LibraryError ? error : this.#malformed(error);
    }
  }

  #malformed(cause: unknown): LibraryError {
    return new LibraryError("trap", `${this.#name}: the library sent what is no value; it is broken, import it again`, {
      package: this.#name,
      cause,
    });
  }

  referenceTo(value: object): string {
    const remote = remoteOf(value);
    if (remote?.end === this) return `'${remote.id}`;
    assertMayLeave(value);
    let exported = this.#ids.get(value);
    if (exported === undefined) {
      this.#count += 1;
      const isOpaque = remote === undefined && this.isProxy?.(value) === true;
      exported = { id: this.#count, kind: isOpaque ? opaqueKind(value) : kindOf(value), value, isOpaque, sent: 0 };
      this.#ids.set(value, exported);
      this.#exports.set(exported.id, exported);
    }
    exported.sent += 1;
    return `$${exported.id}${exported.kind}`;
  }

  home(id: number): unknown {
    return this.#exported(id).value;
  }

  #exported(id: unknown): Exported {
    const exported = typeof id === "number" ? this.#exports.get(id) : undefined;
    if (exported === undefined) throw new MalformedValue("a reference to nothing");
    return exported;
  }

  #known(id: number): object | undefined {
    const imported = this.#imports.get(id);
    const living = imported?.weak.deref();
    if (imported !== undefined && living !== undefined) imported.count += 1;
    return living;
  }

  remote(id: number, kind: string): unknown {
    if (!Number.isSafeInteger(id)) throw new MalformedValue("a reference without a number");
    return (
      this.#known(id) ??
      this.#adopt(id, kind, kind === ReferenceKind.promise ? this.#promise(id) : this.#proxy(id, kind))
    );
  }

  knownError(id: number): object | undefined {
    return this.#known(id);
  }

  rememberError(id: number, error: Error): void {
    this.#adopt(id, ERROR_KIND, error);
  }

  #adopt(id: number, kind: string, value: object): object {
    const imported: Imported = { id, weak: new WeakRef(value), count: 1 };
    this.#imports.set(id, imported);
    markRemote(value, { end: this, id, kind });
    this.#collected.register(value, imported);
    return value;
  }

  #proxy(id: number, kind: string): object {
    return makeProxy({ end: this, id, kind });
  }

  /**
   * A real promise. It is asked for when the host's synchronous code is done, since the library's jobs run then. That the library
   * rejects one which nobody looks at must not end the host.
   */
  #promise(id: number): Promise<unknown> {
    const promise = new Promise((resolve, reject) => {
      Promise.resolve()
        .then(() => this.askLater(LinkOp.await, id, []))
        .then(([value]) => settleWith(resolve, value), reject);
    });
    promise.catch(() => undefined);
    return promise;
  }

  #release(imported: Imported): void {
    if (this.#imports.get(imported.id) === imported) {
      this.#imports.delete(imported.id);
      this.#numbers.delete(imported.id);
    }
    this.#releases.push(imported.id, imported.count);
    if (this.#releases.length < 2 * protocol.RELEASES_HELD_MAX) return;
    // The library may be gone: then there is nothing to release.
    this.askLater(LinkOp.release, 0, []).catch(() => undefined);
  }

  #takeReleases(): string {
    if (this.#releases.length === 0) return "";
    const text = `,${JSON.stringify(this.#releases)}`;
    this.#releases = [];
    return text;
  }

  #drop(releases: unknown): void {
    if (!Array.isArray(releases)) return;
    for (let at = 0; at + 1 < releases.length; at += 2) {
      const exported = this.#exports.get(releases[at]);
      if (exported === undefined) continue;
      exported.sent -= Number(releases[at + 1]);
      // Written so that what is no number drops it, too.
      if (!(exported.sent > 0)) {
        this.#exports.delete(exported.id);
        this.#ids.delete(exported.value);
      }
    }
  }

  /** A function of the host's that the library calls with primitives: a primitive, or the text of the answer. */
  receiveCall(id: number, args: readonly Primitive[]): Primitive | AnswerText {
    try {
      const { value, kind } = this.#exported(id);
      if (typeof value !== "function" || kind === ERROR_KIND) throw new MalformedValue("a call of no function");
      const result: unknown = Reflect.apply(value, undefined, args);
      if (isPrimitive(result)) return result;
      return new AnswerText(this.#answer(LinkStatus.returned, [result]));
    } catch (error) {
      return new AnswerText(this.#answer(LinkStatus.thrown, [error]));
    }
  }

  /** What the library asks of the host: the text of the answer. */
  receive(request: unknown): string | Promise<string> {
    const [, op, id, mode, values, releases] = Array.isArray(request) ? request : [];
    try {
      const list = decodeList(this, mode, values);
      const exported = id === 0 ? undefined : this.#exported(id);
      this.#drop(releases);
      if (exported === undefined) return this.#answer(LinkStatus.returned, []);
      if (op === LinkOp.await) return this.#awaited(exported);
      const waits = (op & LINK_WAITING) !== 0;
      const result = operate(op & ~LINK_WAITING, exported, list);
      const [first] = result;
      return waits && first instanceof Promise ? this.#settled(first) : this.#answer(LinkStatus.returned, result);
    } catch (error) {
      return this.#answer(LinkStatus.thrown, [error]);
    }
  }

  #awaited(exported: Exported): Promise<string> {
    if (!(exported.value instanceof Promise)) throw new MalformedValue("a wait for no promise");
    return this.#settled(exported.value);
  }

  #settled(promise: Promise<unknown>): Promise<string> {
    return promise.then(
      (value) => this.#answer(LinkStatus.returned, [value]),
      (reason: unknown) => this.#answer(LinkStatus.thrown, [reason]),
    );
  }

  #answer(status: number, values: readonly unknown[]): string {
    try {
      return `[${status},${encodeList(this, values, () => "the result")}${this.#takeReleases()}]`;
    } catch (error) {
      if (!(error instanceof Uncrossable)) return this.#answer(LinkStatus.thrown, [error]);
      return `[${LinkStatus.cannotCross},0,${JSON.stringify([error.path, error.what])}]`;
    }
  }
}

/** Without running a trap. */
function opaqueKind(value: object): string {
  return typeof value === "function" ? ReferenceKind.constructor : ReferenceKind.object;
}

function kindOf(value: object): string {
  if (typeof value === "function") return isConstructor(value) ? ReferenceKind.constructor : ReferenceKind.function;
  if (Array.isArray(value)) {
    return Object.getPrototypeOf(value) === Array.prototype ? ReferenceKind.array : ReferenceKind.subclassedArray;
  }
  if (value instanceof Promise) return ReferenceKind.promise;
  return value instanceof Error ? ERROR_KIND : ReferenceKind.object;
}

/** Of one direct call. */
const DIRECT_ARGS_MAX = 8;
const DIRECT_TEXT_LENGTH_MAX = 1 << 20;

function arePrimitive(args: readonly unknown[]): boolean {
  return args.length <= DIRECT_ARGS_MAX && args.every(isPrimitive);
}

function isPrimitive(value: unknown): value is Primitive {
  switch (typeof value) {
    case "string":
      return value.length <= DIRECT_TEXT_LENGTH_MAX;
    case "number":
    case "boolean":
    case "undefined":
      return true;
    default:
      return value === null;
  }
}

function isConstructor(value: object): boolean {
  // Most callbacks: neither arrow functions nor methods have one, and to fail below takes ten times as long as the whole call.
  if (!Object.hasOwn(value, "prototype") && !isBound(value)) return false;
  try {
    // Makes an object, and runs nothing of the function's.
    Reflect.construct(Object, [], value as () => void);
    return true;
  } catch {
    return false;
  }
}

/** A bound class can be constructed, and has no prototype. */
function isBound(value: object): boolean {
  const name: unknown = Object.getOwnPropertyDescriptor(value, "name")?.value;
  return typeof name === "string" && name.startsWith("bound ");
}

function operate(op: number, exported: Exported, values: unknown[]): readonly unknown[] {
  const { value, kind } = exported;
  // An error is what it says, a promise what it settles with: neither is looked into.
  if (kind === ERROR_KIND || kind === ReferenceKind.promise)
    throw new MalformedValue("a request to an error or a promise");
  if (typeof value !== "function") return look(op, exported, values);
  switch (op) {
    case LinkOp.call:
      return [Reflect.apply(value, undefined, values)];
    case LinkOp.apply:
      return [Reflect.apply(value, values[0], values.slice(1))];
    case LinkOp.construct:
      return [Reflect.construct(value, values)];
    default:
      return look(op, exported, values);
  }
}

/** Security: the traps of a proxy are code of the host's that expects the host. */
function look(op: number, { value, isOpaque }: Exported, values: readonly unknown[]): readonly unknown[] {
  return operateGuarded(op, isOpaque ? NOTHING : value, values[0], values[1]);
}

const NOTHING: object = Object.freeze(Object.create(null));
