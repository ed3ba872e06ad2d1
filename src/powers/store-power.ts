/**
 * The power `store`: values by key that outlive the process.
 *
 * @module
 */
import { decodePassable, encodePassable, M } from "../passable/index.ts";
import { assertKey, type KeyValueStore } from "./key-value-store.ts";
import { compareNames } from "./path.ts";
import { makePower } from "./power.ts";

export interface StorePower {
  /** Undefined for what is not there. */
  readonly get: (key: string) => unknown;
  /** Anything passable without capabilities in it: the store keeps a copy. */
  readonly set: (key: string, value: unknown) => undefined;
  readonly has: (key: string) => boolean;
  /** Whether it was there. */
  readonly delete: (key: string) => boolean;
  /** Sorted; with a prefix, those that begin with it. */
  readonly keys: (prefix?: string) => readonly string[];
  readonly clear: () => undefined;
}

/** Longer ones are refused by `assertKey`, which counts bytes. */
const KEY_LENGTH_MAX = 1024;

const key = M.named("key", M.string({ lengthMax: KEY_LENGTH_MAX }));

const guard = M.interface("store", {
  get: M.call(key).returns(M.any()).reads(),
  set: M.call(key, M.named("value", M.passable())),
  has: M.call(key).returns(M.boolean()).reads(),
  delete: M.call(key).returns(M.boolean()),
  keys: M.call()
    .optional(M.named("prefix", M.string({ lengthMax: KEY_LENGTH_MAX })))
    .returns(M.array(M.string()))
    .reads(),
  clear: M.call(),
});

/** `prefix` makes a store of a part of one: its keys are those that begin so, and are seen without it. */
export function makeStorePower(store: KeyValueStore, options: { readonly prefix?: string } = {}): StorePower {
  const prefix = options.prefix ?? "";
  const inside = (key: string): string => {
    assertKey(prefix + key);
    return prefix + key;
  };
  const keys = (start = ""): readonly string[] =>
    store
      .keys()
      .filter((key) => key.startsWith(prefix + start))
      .map((key) => key.slice(prefix.length))
      .sort(compareNames);
  return makePower("store", guard, {
    get(key) {
      const bytes = store.get(inside(key));
      return bytes === undefined ? undefined : decodePassable(bytes);
    },
    set(key, value) {
      store.set(inside(key), encodePassable(value));
      return undefined;
    },
    has: (key) => store.get(inside(key)) !== undefined,
    delete: (key) => store.delete(inside(key)),
    keys,
    clear() {
      for (const key of keys()) store.delete(inside(key));
      return undefined;
    },
  });
}
