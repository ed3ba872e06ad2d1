/**
 * What the two ends of a membrane say to each other (docs/membrane.md). A request is the JSON array
 * `["link", op, id, mode, values, releases?]`, an answer `[status, mode, values, releases?]`. With mode 0 the values are JSON as they
 * are, with mode 1 they are escaped. The numbers are part of the base image.
 * @module
 */

/** What can be asked of an exported object, by its number. */
export const LinkOp = {
  /** (key, receiver?) -> [value], or from an importer [] where it has no such property. */
  get: 1,
  /** (key, value) -> [done] */
  set: 2,
  /** (key) -> [there] */
  has: 3,
  /** () -> own keys */
  keys: 4,
  /** (key) -> [], [flags, value], or with `DescriptorFlag.accessor` [flags, getter, setter] */
  descriptor: 5,
  /** () -> [name of an intrinsic], or [undefined, prototype] */
  prototype: 6,
  /** (key) -> [done] */
  remove: 7,
  /** (key, flags, value, or getter and setter) -> [done] */
  define: 8,
  /** (...arguments) -> [result] */
  call: 9,
  /** (receiver, ...arguments) -> [result] */
  apply: 10,
  construct: 11,
  /** () -> [value] when the promise is settled. */
  await: 12,
  /**
   * Id 0. (isHost) -> [number, name, value, …] of the exports of the module that was imported. A host calls directly from then on: the
   * function of that number takes requests as texts.
   */
  namespace: 13,
  /** Id 0. Only for its releases. */
  release: 14,
  /** (receiver?) -> [number] by which a host calls this function directly, or [0]. */
  direct: 15,
} as const;

/** Added to a call: promises that functions of the other side return meanwhile are waited for in place. */
export const LINK_WAITING = 32;

export const LinkStatus = {
  returned: 0,
  thrown: 1,
  /** (path, what): a value of the answer cannot cross. */
  cannotCross: 2,
} as const;

export const DescriptorFlag = { writable: 1, enumerable: 2, configurable: 4, accessor: 8 } as const;

/**
 * Behind the number of a reference: a function, a constructor, an array, an array of a subclass, a promise, another object.
 * Errors are copies that remember where they come from.
 */
export const ReferenceKind = {
  function: "f",
  constructor: "c",
  array: "a",
  subclassedArray: "s",
  promise: "p",
  object: "o",
} as const;

/** Lists and structs in each other. The guest's half walks them by recursion, on the engine's stack, which is for 3,200 calls. */
export const LINK_DEPTH_MAX = 512;

/** References that were collected are reported with the next message, or, if there are so many, with one of their own. */
export const RELEASES_HELD_MAX = 256;

/** Endowments that are for packages below: this, the package, a slash, the name of the power. */
export const CONFINED_PREFIX = "confined:";

/** A confined package without a budget of its own gets this part of what its library has left, once for gas and once for memory. */
export const CONFINED_SHARE = 4;

/** Under which a library finds the importer's end of its membrane. */
export const IMPORTER_ENDOWMENT = "caper:importer";

/** Symbols that cross by name; of an importer's objects only these are shown. */
export const SHOWN_SYMBOLS: readonly string[] = [
  "iterator",
  "asyncIterator",
  "toPrimitive",
  "toStringTag",
  "dispose",
  "asyncDispose",
];
export const KNOWN_SYMBOLS: readonly string[] = [
  ...SHOWN_SYMBOLS,
  "hasInstance",
  "isConcatSpreadable",
  "match",
  "matchAll",
  "replace",
  "search",
  "species",
  "split",
  "unscopables",
];

/** Whose prototypes each side has its own of. */
export const INTRINSICS: readonly string[] = [
  "Object",
  "Function",
  "Array",
  "Error",
  "TypeError",
  "RangeError",
  "SyntaxError",
  "ReferenceError",
  "EvalError",
  "URIError",
  "AggregateError",
  "Promise",
  "Map",
  "Set",
  "WeakMap",
  "WeakSet",
  "Date",
  "RegExp",
  "Iterator",
  "Boolean",
  "Number",
  "String",
  "Symbol",
  "BigInt",
];
