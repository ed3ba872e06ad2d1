/**
 * Counts what a process asks of its folders, so that host work which a few instructions can cause (a path of a thousand
 * links, a folder of a million names) costs gas in proportion.
 *
 * @module
 */
import type { Directory } from "../../powers/index.ts";

export const OPERATION_GAS = 200;
export const LISTED_ENTRY_GAS = 20;

export function makeCountedDirectory(directory: Directory, work: (gas: number) => void): Directory {
  const counted = <T>(result: () => T): T => {
    work(OPERATION_GAS);
    return result();
  };
  return Object.freeze<Directory>({
    stat: (path) => counted(() => directory.stat(path)),
    list(path) {
      const entries = counted(() => directory.list(path));
      work(entries.length * LISTED_ENTRY_GAS);
      return entries;
    },
    read: (path, range) => counted(() => directory.read(path, range)),
    write: (path, data) => counted(() => directory.write(path, data)),
    create: (path, entry) => counted(() => directory.create(path, entry)),
    update: (path, update) => counted(() => directory.update(path, update)),
    rename: (path, newPath) => counted(() => directory.rename(path, newPath)),
    remove: (path, type) => counted(() => directory.remove(path, type)),
  });
}
