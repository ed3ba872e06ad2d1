/**
 * Makes a global of what a bundle uses as one, for code that looks for it on the global object.
 *
 * @module
 */
export function install<T>(name: string, value: T): T {
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
  return value;
}
