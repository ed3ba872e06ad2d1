/**
 * What an example of a package is: calls taken from its documentation, made once with the namespace that Node's `import()`
 * gives and once with the one that Caper's `importLibrary` gives.
 *
 * @module
 */

/** The namespace of a package, used as its own users use it. Its types are not installed in this checkout. */
export type Library = any;

export interface Example {
  /** Several calls with real inputs; what it returns must be the same on both sides. */
  example(library: Library): unknown;
  /** One ordinary call, whose cost is measured. */
  call(library: Library): unknown;
  /** The module that is imported, where it is not the package itself: text that can name any installed package. */
  readonly entry?: string;
  /** Powers that the package needs for its work. */
  readonly powers?: readonly ("random" | "timers" | "clock")[];
}
