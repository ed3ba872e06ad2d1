/**
 * `util`: what packages use of it. Whatever depends on Node's own internals is left out.
 *
 * @module
 */
import { isDeepEqual } from "./deep-equal.ts";
import { format, inspect } from "./inspect.ts";

type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;

const promisified: unique symbol = Symbol.for("nodejs.util.promisify.custom");

function promisifyOne(original: AnyFunction & { readonly [promisified]?: AnyFunction }): AnyFunction {
  if (typeof original !== "function") throw new TypeError('The "original" argument must be of type function');
  const own = original[promisified];
  if (own !== undefined) return own;
  const form: AnyFunction = function (...args) {
    return new Promise((resolve, reject) => {
      original.call(this, ...args, (error: unknown, value: unknown) => {
        if (error) reject(error);
        else resolve(value);
      });
    });
  };
  Object.setPrototypeOf(form, Object.getPrototypeOf(original));
  return Object.defineProperties(form, Object.getOwnPropertyDescriptors(original));
}

const promisify: typeof promisifyOne & { readonly custom: symbol } = Object.assign(promisifyOne, {
  custom: promisified,
});

function callbackify(original: AnyFunction): AnyFunction {
  return function (...args) {
    const done = args.pop();
    if (typeof done !== "function") throw new TypeError("The last argument must be of type function");
    Promise.resolve(original.apply(this, args)).then(
      (value) => queueMicrotask(() => done(null, value)),
      (error) => queueMicrotask(() => done(error ?? new Error("rejected with a falsy value"))),
    );
    return undefined;
  };
}

function inherits(child: { super_?: unknown; prototype: object }, parent: { readonly prototype: object }): void {
  child.super_ = parent;
  Object.setPrototypeOf(child.prototype, parent.prototype);
}

function deprecate(original: AnyFunction, _message: string): AnyFunction {
  let isTold = false;
  return function (...args) {
    if (!isTold) isTold = true;
    return original.apply(this, args);
  };
}

const debuglog = (): AnyFunction => Object.assign(() => undefined, { enabled: false });

const tagOf = (value: unknown): string => Object.prototype.toString.call(value).slice(8, -1);
const isTag =
  (...tags: readonly string[]) =>
  (value: unknown): boolean =>
    typeof value === "object" && value !== null && tags.includes(tagOf(value));
const hasTag =
  (tag: string) =>
  (value: unknown): boolean =>
    typeof value === "function" && tagOf(value) === tag;

type Test = (value: unknown) => boolean;

export const types: { readonly [name: string]: Test } = {
  isAnyArrayBuffer: isTag("ArrayBuffer", "SharedArrayBuffer"),
  isArgumentsObject: isTag("Arguments"),
  isArrayBuffer: isTag("ArrayBuffer"),
  isArrayBufferView: ArrayBuffer.isView,
  isAsyncFunction: hasTag("AsyncFunction"),
  isBigInt64Array: isTag("BigInt64Array"),
  isBigUint64Array: isTag("BigUint64Array"),
  isBooleanObject: isTag("Boolean"),
  isBoxedPrimitive: isTag("Boolean", "Number", "String", "Symbol", "BigInt"),
  isDataView: isTag("DataView"),
  isDate: isTag("Date"),
  isFloat32Array: isTag("Float32Array"),
  isFloat64Array: isTag("Float64Array"),
  isGeneratorFunction: hasTag("GeneratorFunction"),
  isGeneratorObject: isTag("Generator"),
  isInt8Array: isTag("Int8Array"),
  isInt16Array: isTag("Int16Array"),
  isInt32Array: isTag("Int32Array"),
  isMap: isTag("Map"),
  isMapIterator: isTag("Map Iterator"),
  isModuleNamespaceObject: isTag("Module"),
  isNativeError: (value: unknown): boolean => value instanceof Error,
  isNumberObject: isTag("Number"),
  isPromise: isTag("Promise"),
  isProxy: (): boolean => false,
  isRegExp: isTag("RegExp"),
  isSet: isTag("Set"),
  isSetIterator: isTag("Set Iterator"),
  isSharedArrayBuffer: isTag("SharedArrayBuffer"),
  isStringObject: isTag("String"),
  isSymbolObject: isTag("Symbol"),
  isTypedArray: (value: unknown): boolean => ArrayBuffer.isView(value) && !(value instanceof DataView),
  isUint8Array: isTag("Uint8Array"),
  isUint8ClampedArray: isTag("Uint8ClampedArray"),
  isUint16Array: isTag("Uint16Array"),
  isUint32Array: isTag("Uint32Array"),
  isWeakMap: isTag("WeakMap"),
  isWeakSet: isTag("WeakSet"),
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: what colours begin with
const COLOUR = /\u001b\[[\d;]*[A-Za-z]/g;

const exported: object = {
  callbackify,
  debug: debuglog,
  debuglog,
  deprecate,
  format,
  inherits,
  inspect,
  isArray: Array.isArray,
  isDeepStrictEqual: (a: unknown, b: unknown): boolean => isDeepEqual(a, b, true),
  promisify,
  stripVTControlCharacters: (text: string): string => text.replace(COLOUR, ""),
  toUSVString: (text: string): string => text.toWellFormed(),
  types,
  TextDecoder,
  TextEncoder,
  isBoolean: (value: unknown): boolean => typeof value === "boolean",
  isBuffer: (value: unknown): boolean => value instanceof Uint8Array && "_isBuffer" in value,
  isDate: types.isDate,
  isError: types.isNativeError,
  isFunction: (value: unknown): boolean => typeof value === "function",
  isNull: (value: unknown): boolean => value === null,
  isNullOrUndefined: (value: unknown): boolean => value === null || value === undefined,
  isNumber: (value: unknown): boolean => typeof value === "number",
  isObject: (value: unknown): boolean => typeof value === "object" && value !== null,
  isPrimitive: (value: unknown): boolean =>
    value === null || (typeof value !== "object" && typeof value !== "function"),
  isRegExp: types.isRegExp,
  isString: (value: unknown): boolean => typeof value === "string",
  isSymbol: (value: unknown): boolean => typeof value === "symbol",
  isUndefined: (value: unknown): boolean => value === undefined,
};

export default exported;
