/**
 * Proxies of what a library exports, as its importer holds them. They are open: the importer may do with the library's objects whatever
 * the language lets it do. Each stands on an empty object of the same kind, so that no invariant of the language is broken by what a
 * library answers: what it answers wrongly, the engine refuses.
 * @module
 */

import { link as protocol } from "../../guests/javascript/index.ts";
import { LibraryError } from "../errors.ts";
import { remoteOf } from "./remotes.ts";
import { isCrossableKey } from "./survey.ts";

const { DescriptorFlag, LinkOp, ReferenceKind } = protocol;

/** The end of the membrane that an object came through, as its proxy uses it. */
export interface ProxyEnd {
  ask(op: number, id: number, values: readonly unknown[]): readonly unknown[];
  callFunction(id: number, receiver: unknown, args: readonly unknown[]): unknown;
}

export interface ProxyInit {
  readonly end: ProxyEnd;
  readonly id: number;
  readonly kind: string;
}

export function makeProxy(init: ProxyInit): object {
  const handler = new OpenHandler(init);
  const proxy = new Proxy(shadowOf(init.kind), handler);
  handler.proxy = proxy;
  return proxy;
}

function shadowOf(kind: string): object {
  switch (kind) {
    case ReferenceKind.constructor:
      // An arrow function could not be constructed, a class not be called.
      return function (this: unknown): unknown {
        return this;
      };
    case ReferenceKind.function: {
      const shadow = (): void => undefined;
      Reflect.deleteProperty(shadow, "name");
      Reflect.deleteProperty(shadow, "length");
      return shadow;
    }
    case ReferenceKind.array:
    case ReferenceKind.subclassedArray:
      return [];
    default:
      return {};
  }
}

const INTRINSIC_PROTOTYPES: ReadonlyMap<unknown, object> = new Map(
  protocol.INTRINSICS.flatMap((name) => {
    const maker: unknown = Reflect.get(globalThis, name);
    return typeof maker === "function" ? [[name, maker.prototype as object]] : [];
  }),
);

const FUNCTION_METHODS: ReadonlySet<unknown> = new Set(["call", "apply", "bind"]);

let isSettling = false;

/** Settles a promise with a value that is not asked for its `then`: what a library gives is not awaited unasked. */
export function settleWith(resolve: (value: unknown) => void, value: unknown): void {
  isSettling = true;
  try {
    resolve(value);
  } finally {
    isSettling = false;
  }
}

class OpenHandler implements ProxyHandler<object> {
  readonly #end: ProxyEnd;
  readonly #id: number;
  readonly #kind: string;
  proxy: object | undefined;

  constructor({ end, id, kind }: ProxyInit) {
    this.#end = end;
    this.#id = id;
    this.#kind = kind;
  }

  get(_shadow: object, key: string | symbol, receiver: unknown): unknown {
    const local = this.#local(key);
    if (local !== undefined) return local;
    if (!isCrossableKey(key) || (isSettling && key === "then")) return undefined;
    const inherits = receiver !== this.proxy && isObject(receiver) && remoteOf(receiver)?.end === this.#end;
    return this.#end.ask(LinkOp.get, this.#id, inherits ? [key, receiver] : [key])[0];
  }

  /** Methods of the language that work on any array or function: those of this side need fewer messages. */
  #local(key: string | symbol): unknown {
    if (this.#kind === ReferenceKind.array) {
      return key !== "length" && Object.hasOwn(Array.prototype, key) ? Reflect.get(Array.prototype, key) : undefined;
    }
    const isFunction = this.#kind === ReferenceKind.function || this.#kind === ReferenceKind.constructor;
    return isFunction && FUNCTION_METHODS.has(key) ? Reflect.get(Function.prototype, key) : undefined;
  }

  set(_shadow: object, key: string | symbol, value: unknown): boolean {
    return isCrossableKey(key) && this.#end.ask(LinkOp.set, this.#id, [key, value])[0] === true;
  }

  has(_shadow: object, key: string | symbol): boolean {
    return isCrossableKey(key) && this.#end.ask(LinkOp.has, this.#id, [key])[0] === true;
  }

  deleteProperty(_shadow: object, key: string | symbol): boolean {
    return !isCrossableKey(key) || this.#end.ask(LinkOp.remove, this.#id, [key])[0] === true;
  }

  ownKeys(shadow: object): (string | symbol)[] {
    const keys = this.#end.ask(LinkOp.keys, this.#id, []).filter(isKey);
    const fixed = Reflect.ownKeys(shadow).filter((key) => !keys.includes(key) && isFixed(shadow, key));
    return [...keys, ...fixed];
  }

  getOwnPropertyDescriptor(shadow: object, key: string | symbol): PropertyDescriptor | undefined {
    if (!isCrossableKey(key)) return undefined;
    const [flags, first, second] = this.#end.ask(LinkOp.descriptor, this.#id, [key]);
    const fixed = Object.getOwnPropertyDescriptor(shadow, key);
    if (typeof flags !== "number") return fixed?.configurable === false ? fixed : undefined;
    const enumerable = (flags & DescriptorFlag.enumerable) !== 0;
    if (fixed?.configurable === false) return this.#fixedDescriptor(shadow, key, fixed, first);
    if ((flags & DescriptorFlag.accessor) === 0) {
      return { value: first, writable: (flags & DescriptorFlag.writable) !== 0, enumerable, configurable: true };
    }
    const get = accessorOf(first);
    const set = accessorOf(second);
    return { ...(get && { get }), ...(set && { set }), enumerable, configurable: true };
  }

  /** What the shadow has for good (`length`, `prototype`) is brought up to date, and reported as it is there. */
  #fixedDescriptor(
    shadow: object,
    key: string | symbol,
    fixed: PropertyDescriptor,
    value: unknown,
  ): PropertyDescriptor {
    Reflect.defineProperty(shadow, key, { value });
    return { ...fixed, value };
  }

  defineProperty(_shadow: object, key: string | symbol, descriptor: PropertyDescriptor): boolean {
    if (!isCrossableKey(key)) return false;
    const flags =
      (descriptor.writable === true ? DescriptorFlag.writable : 0) |
      (descriptor.enumerable === true ? DescriptorFlag.enumerable : 0) |
      DescriptorFlag.configurable;
    const isAccessor = descriptor.get !== undefined || descriptor.set !== undefined;
    const values = isAccessor
      ? [key, flags | DescriptorFlag.accessor, descriptor.get, descriptor.set]
      : [key, flags, descriptor.value];
    return this.#end.ask(LinkOp.define, this.#id, values)[0] === true;
  }

  getPrototypeOf(): object | null {
    const answer = this.#end.ask(LinkOp.prototype, this.#id, []);
    if (answer.length === 1) return INTRINSIC_PROTOTYPES.get(answer[0]) ?? Object.prototype;
    return isObject(answer[1]) ? answer[1] : null;
  }

  setPrototypeOf(): boolean {
    return false;
  }

  preventExtensions(): boolean {
    return false;
  }

  apply(_shadow: object, receiver: unknown, args: unknown[]): unknown {
    return this.#end.callFunction(this.#id, receiver, args);
  }

  construct(_shadow: object, args: unknown[], newTarget: unknown): object {
    if (newTarget !== this.proxy) {
      throw new LibraryError(
        "cannot-cross",
        "a class of the host cannot extend a class of a library: make an instance of the library's, and set its methods",
      );
    }
    const made = this.#end.ask(LinkOp.construct, this.#id, args)[0];
    if (!isObject(made)) throw new TypeError("the constructor gave no object");
    return made;
  }
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

function isKey(value: unknown): value is string | symbol {
  return typeof value === "string" || typeof value === "symbol";
}

function isFixed(shadow: object, key: string | symbol): boolean {
  return Object.getOwnPropertyDescriptor(shadow, key)?.configurable === false;
}

function accessorOf(value: unknown): (() => unknown) | undefined {
  return typeof value === "function" ? (value as () => unknown) : undefined;
}
