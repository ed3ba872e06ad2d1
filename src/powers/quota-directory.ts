/**
 * A directory that cannot grow beyond a size, whatever is below it.
 *
 * @module
 */
import type { Directory, EntryStat, EntryUpdate } from "./directory.ts";
import { walk } from "./directory-work.ts";
import { PowerError, powerErrorCode } from "./errors.ts";
import { isWithin } from "./path.ts";

export interface Quota {
  /** Sizes of all files together. Holes count, and a file with two names counts once for each. */
  readonly bytesMax?: number;
  /** Files, folders and links together. */
  readonly entriesMax?: number;
}

/**
 * What is there now is counted by walking through it, and from then on by what this directory itself changes: whatever else writes
 * to the same folder is not seen. Operations that would pass the quota throw `no-space` and change nothing.
 */
export function makeQuotaDirectory(directory: Directory, quota: Quota): Directory {
  const { bytesMax = Number.POSITIVE_INFINITY, entriesMax = Number.POSITIVE_INFINITY } = quota;
  let { bytes, entries } = measure(directory);
  const assertBytes = (growth: number): void => {
    if (growth > 0 && bytes + growth > bytesMax) {
      throw new PowerError("no-space", `the quota of ${bytesMax} bytes is used up`);
    }
  };
  const resize = (path: string, size: number, work: () => void): void => {
    const stat = directory.stat(path);
    const growth = (size - fileSize(stat)) * stat.links;
    assertBytes(growth);
    work();
    bytes += growth;
  };
  const forget = (gone: EntryStat): void => {
    entries--;
    bytes -= fileSize(gone);
  };
  return Object.freeze<Directory>({
    stat: (path) => directory.stat(path),
    list: (path) => directory.list(path),
    read: (path, range) => directory.read(path, range),
    write(path, at) {
      const stat = directory.stat(path);
      const size = fileSize(stat);
      const end = (at.offset === "end" ? size : at.offset) + at.bytes.length;
      const growth = at.bytes.length === 0 ? 0 : Math.max(0, end - size) * stat.links;
      assertBytes(growth);
      const written = directory.write(path, at);
      bytes += growth;
      return written;
    },
    create(path, entry) {
      const linked = entry.type === "link" ? fileSize(directory.stat(entry.existing)) : 0;
      if (entries >= entriesMax) throw new PowerError("no-space", `the quota of ${entriesMax} entries is used up`);
      assertBytes(linked);
      directory.create(path, entry);
      entries++;
      bytes += linked;
    },
    update(path, update: EntryUpdate) {
      if (update.size === undefined) directory.update(path, update);
      else resize(path, update.size, () => directory.update(path, update));
    },
    rename(path, newPath) {
      const replaced = path === newPath || isWithin(newPath, path) ? undefined : statIfAny(directory, newPath);
      const isSame = replaced?.identity !== undefined && replaced.identity === directory.stat(path).identity;
      directory.rename(path, newPath);
      if (replaced !== undefined && !isSame) forget(replaced);
    },
    remove(path, type) {
      const gone = directory.stat(path);
      directory.remove(path, type);
      forget(gone);
    },
  });
}

function fileSize(stat: EntryStat): number {
  return stat.type === "file" ? stat.size : 0;
}

function statIfAny(directory: Directory, path: string): EntryStat | undefined {
  try {
    return directory.stat(path);
  } catch (error) {
    if (powerErrorCode(error) === undefined) throw error;
    return undefined;
  }
}

function measure(directory: Directory): { readonly bytes: number; readonly entries: number } {
  let bytes = 0;
  let entries = -1; // The folder itself is none.
  for (const entry of walk(directory, "")) {
    entries++;
    if (!entry.isFolder) bytes += fileSize(directory.stat(entry.path));
  }
  return { bytes, entries };
}
