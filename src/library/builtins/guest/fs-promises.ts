/**
 * `fs/promises`.
 *
 * @module
 */
import { operations } from "./fs-work.ts";

type Operation = (...args: never[]) => unknown;

const later =
  (operation: Operation) =>
  async (...args: unknown[]): Promise<unknown> =>
    Reflect.apply(operation, undefined, args);

export const promises: { readonly [name: string]: (...args: unknown[]) => Promise<unknown> } = Object.fromEntries(
  Object.entries(operations).map(([name, operation]) => [name, later(operation)]),
);

export default promises;
