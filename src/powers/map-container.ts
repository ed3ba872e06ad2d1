/**
 * Lists and plain objects with some of their items replaced.
 *
 * @module
 */

/** Whether it is an object literal, of this realm or another, or one without prototype. */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** A copy with the mapped items; the value itself if none of them changes, or if it is neither list nor plain object. */
export function mapContainer(value: object, map: (item: unknown) => unknown): unknown {
  const isList = Array.isArray(value);
  if (!isList && !isPlain(value)) return value;
  let copy: object | undefined;
  for (const [key, item] of Object.entries(value)) {
    const mapped = map(item);
    if (mapped === item) continue;
    copy ??= isList ? [...value] : { ...value };
    Object.defineProperty(copy, key, { value: mapped });
  }
  return copy ?? value;
}
