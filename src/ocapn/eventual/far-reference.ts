/**
 * Far references: what stands for an object of another peer. A frozen, callable proxy without properties of its own: its methods send
 * messages and give promises, and what the language asks of any object by itself never becomes a message.
 *
 * @module
 */

import { makeSelector } from "../../passable/index.ts";
import { type Handler, setHandler } from "./handler.ts";
import { PROXY_TARGET } from "./proxy-target.ts";

/** Asked for by `await`, `JSON.stringify`, printing and comparing, not by users. They can be called by `E`. */
const LOCAL_NAMES: ReadonlySet<string> = new Set(["then", "toJSON", "constructor", "prototype", "valueOf", "inspect"]);

class Traps implements ProxyHandler<() => void> {
  readonly #handler: Handler;
  readonly #label: string;

  constructor(handler: Handler, label: string) {
    this.#handler = handler;
    this.#label = label;
  }

  get(_target: () => void, name: string | symbol): unknown {
    if (typeof name === "symbol" || LOCAL_NAMES.has(name)) return undefined;
    if (name === "toString") return () => `[far ${this.#label}]`;
    const selector = makeSelector(name);
    return (...args: readonly unknown[]) => this.#handler.call([selector, ...args]);
  }

  apply(_target: () => void, _self: unknown, args: readonly unknown[]): unknown {
    return this.#handler.call(args);
  }
}

/** `label` is for whoever prints it; it must hold nothing secret. */
export function makeFarReference(handler: Handler, label: string): object {
  const reference = new Proxy(PROXY_TARGET, new Traps(handler, label));
  setHandler(reference, handler);
  return reference;
}
