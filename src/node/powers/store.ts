/**
 * A key-value store in a folder of the host.
 *
 * @module
 */
import { mkdirSync } from "node:fs";
import type { KeyValueStore, StoreLimits } from "../../powers/index.ts";
import { makeDirectoryStore } from "../../powers/index.ts";
import { makeNodeDirectory } from "./directory.ts";
import { translated } from "./errors.ts";

/** The folder is made if it is not there, and belongs to the store. The caller disposes of it. */
export function makeNodeStore(path: string, limits: Partial<StoreLimits> = {}): KeyValueStore & Disposable {
  translated(() => mkdirSync(path, { recursive: true }));
  const directory = makeNodeDirectory(path);
  return Object.freeze({
    ...makeDirectoryStore(directory, limits),
    [Symbol.dispose]: () => directory[Symbol.dispose](),
  });
}
