/**
 * The namespace of a library as its importer holds it, and the library behind it.
 * @module
 */

import { link as protocol } from "../guests/javascript/index.ts";
import type { Process } from "../kernel/index.ts";
import type { LibraryBundle } from "./bundle.ts";
import type { AsyncForm, Library } from "./library.ts";
import { AnswerText, type MembraneEnd } from "./membrane/end.ts";
import { settleWith } from "./membrane/proxies.ts";
import { remoteOf } from "./membrane/remotes.ts";
import type { ProcessChannel } from "./process-channel.ts";

const { LinkOp, LINK_WAITING } = protocol;

const libraries = new WeakMap<object, Library>();

/** The library behind a namespace that `importLibrary` gave. Throws a `TypeError` for anything else. */
export function libraryOf(namespace: object): Library {
  const library = libraries.get(namespace);
  if (library === undefined) throw new TypeError("namespace: expected what importLibrary gave");
  return library;
}

export interface NamespaceInit {
  readonly bundle: LibraryBundle;
  readonly process: Process;
  readonly end: MembraneEnd;
  readonly channel: ProcessChannel;
}

/**
 * A frozen object with the exports as they were after loading. An export named `then` that is a function is left out: a promise of the
 * namespace would call it.
 */
export function makeNamespace(init: NamespaceInit): object {
  const namespace: object = Object.create(null);
  init.end.root = namespace;
  const exports = init.end.namespace();
  for (let at = 0; at + 1 < exports.length; at += 2) {
    const name = String(exports[at]);
    const value = exports[at + 1];
    if (name !== "then" || typeof value !== "function")
      Object.defineProperty(namespace, name, { value, enumerable: true });
  }
  Object.defineProperty(namespace, Symbol.toStringTag, { value: "Module" });
  Object.freeze(namespace);
  libraries.set(namespace, makeLibrary(init));
  return namespace;
}

function makeLibrary({ bundle, process, end, channel }: NamespaceInit): Library {
  const library: Library = {
    name: bundle.name,
    version: bundle.version,
    process,
    get meter() {
      return process.meter;
    },
    refill: (budget) => process.refill(budget),
    async resume(options = {}) {
      const outcome = await channel.goOn(options);
      return outcome instanceof AnswerText ? end.conclude(outcome.parsed)[0] : outcome?.value;
    },
    async<F extends (...args: never[]) => unknown>(fn: F): AsyncForm<F> {
      return asyncForm(fn, end) as AsyncForm<F>;
    },
    get held() {
      return end.counts;
    },
    inspect: () => process.inspect(),
    dispose: () => channel.close(),
    [Symbol.dispose]: () => channel.close(),
  };
  return Object.freeze(library);
}

function asyncForm(fn: unknown, end: MembraneEnd): (...args: unknown[]) => Promise<unknown> {
  const remote = typeof fn === "function" ? remoteOf(fn) : undefined;
  if (remote?.end !== end) throw new TypeError("fn: expected a function of this library");
  const { id } = remote;
  return function (this: unknown, ...args: unknown[]): Promise<unknown> {
    const op = (this === undefined ? LinkOp.call : LinkOp.apply) | LINK_WAITING;
    const answer = end.askLater(op, id, this === undefined ? args : [this, ...args]);
    return new Promise((resolve, reject) => {
      answer.then(([value]) => (value instanceof Promise ? resolve(value) : settleWith(resolve, value)), reject);
    });
  };
}
