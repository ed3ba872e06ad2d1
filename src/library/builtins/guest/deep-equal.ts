/**
 * Deep equality as `assert.deepStrictEqual` and `assert.deepEqual` mean it.
 *
 * @module
 */

/** Pairs under comparison: a circle in both counts as equal. */
type Pairs = readonly (readonly [object, object])[];

export function isDeepEqual(a: unknown, b: unknown, isStrict: boolean, pairs: Pairs = []): boolean {
  if (isStrict ? Object.is(a, b) : a === b || (Number.isNaN(a) && Number.isNaN(b))) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) {
    // biome-ignore lint/suspicious/noDoubleEquals: the loose comparison is what the loose form is for
    return !isStrict && typeof a !== "object" && typeof b !== "object" && a == b;
  }
  if (isStrict && Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (Array.isArray(a) !== Array.isArray(b) || kindOf(a) !== kindOf(b)) return false;
  if (pairs.some(([left, right]) => left === a && right === b)) return true;
  const inner: Pairs = [...pairs, [a, b]];
  return equalContent(a, b, isStrict, inner) && equalProperties(a, b, isStrict, inner);
}

function kindOf(value: object): string {
  return Object.prototype.toString.call(value);
}

function equalContent(a: object, b: object, isStrict: boolean, pairs: Pairs): boolean {
  if (a instanceof Date && b instanceof Date) return Object.is(a.getTime(), b.getTime());
  if (a instanceof RegExp && b instanceof RegExp) return String(a) === String(b) && a.lastIndex === b.lastIndex;
  if (a instanceof Error && b instanceof Error) return a.name === b.name && a.message === b.message;
  if (ArrayBuffer.isView(a) && ArrayBuffer.isView(b)) return equalBytes(a, b);
  if (a instanceof ArrayBuffer && b instanceof ArrayBuffer) return equalBytes(new Uint8Array(a), new Uint8Array(b));
  if (a instanceof Map && b instanceof Map)
    return a.size === b.size && [...a].every((entry) => hasEntry(b, entry, isStrict, pairs));
  if (a instanceof Set && b instanceof Set)
    return a.size === b.size && [...a].every((item) => hasItem(b, item, isStrict, pairs));
  if (a instanceof Number || a instanceof String || a instanceof Boolean) return Object.is(a.valueOf(), b.valueOf());
  return true;
}

function equalBytes(a: ArrayBufferView, b: ArrayBufferView): boolean {
  const [left, right] = [a, b].map((view) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  return (
    left !== undefined &&
    right !== undefined &&
    left.length === right.length &&
    left.every((byte, at) => byte === right[at])
  );
}

function hasEntry(
  map: Map<unknown, unknown>,
  [key, item]: readonly [unknown, unknown],
  isStrict: boolean,
  pairs: Pairs,
): boolean {
  if (map.has(key)) return isDeepEqual(item, map.get(key), isStrict, pairs);
  return [...map].some(
    ([other, value]) => isDeepEqual(key, other, isStrict, pairs) && isDeepEqual(item, value, isStrict, pairs),
  );
}

function hasItem(set: Set<unknown>, item: unknown, isStrict: boolean, pairs: Pairs): boolean {
  return set.has(item) || [...set].some((other) => isDeepEqual(item, other, isStrict, pairs));
}

function equalProperties(a: object, b: object, isStrict: boolean, pairs: Pairs): boolean {
  const [left, right] = [a, b].map(comparedKeys);
  if (left === undefined || right === undefined || left.length !== right.length) return false;
  return left.every(
    (key) => Object.hasOwn(b, key) && isDeepEqual(Reflect.get(a, key), Reflect.get(b, key), isStrict, pairs),
  );
}

function comparedKeys(value: object): readonly PropertyKey[] {
  if (ArrayBuffer.isView(value)) return [];
  return Reflect.ownKeys(value).filter((key) => Object.getOwnPropertyDescriptor(value, key)?.enumerable === true);
}
