/**
 * Work on a directory that takes several of its operations.
 *
 * @module
 */
import type { Directory } from "./directory.ts";
import { PowerError, powerErrorCode } from "./errors.ts";
import { joinPath } from "./path.ts";
import type { Resolved } from "./resolve.ts";

/** Entries that one recursive removal, or one count, goes through. */
export const ENTRIES_WALKED_MAX = 1_000_000;

const COPY_STEP_BYTES = 1 << 20;

/** Whether the question finds something; that the way there ends early is a no, that it leads out of the folder an error. */
export function exists(find: () => boolean): boolean {
  try {
    return find();
  } catch (error) {
    const code = powerErrorCode(error);
    if (code === "not-found" || code === "not-directory") return false;
    throw error;
  }
}

/** Makes the folders of a path that are not there. */
export function makeFolders(directory: Directory, path: string, find: (path: string) => Resolved): void {
  const names = path.split("/").filter((name) => name !== "");
  for (let count = 1; count <= names.length; count++) {
    const folder = find(names.slice(0, count).join("/"));
    if (folder.stat === undefined) directory.create(folder.path, { type: "directory" });
    else if (folder.stat.type !== "directory")
      throw new PowerError(count === names.length ? "exists" : "not-directory");
  }
}

/** Everything below a folder, the deepest first, then the folder. Symbolic links are removed, never followed. */
export function removeTree(directory: Directory, path: string): void {
  if (path === "") throw new PowerError("busy", "the folder itself cannot be removed");
  const folders: string[] = [];
  for (const entry of walk(directory, path)) {
    if (entry.isFolder) folders.push(entry.path);
    else directory.remove(entry.path, "file");
  }
  for (const folder of folders.reverse()) directory.remove(folder, "directory");
}

/** All entries of a tree, a folder before what is in it. */
export function* walk(
  directory: Directory,
  root: string,
): Generator<{ readonly path: string; readonly isFolder: boolean }> {
  const pending = [root];
  let walked = 0;
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    yield { path: folder, isFolder: true };
    for (const { name, type } of directory.list(folder)) {
      if (++walked > ENTRIES_WALKED_MAX) throw new PowerError("too-big", `more than ${ENTRIES_WALKED_MAX} entries`);
      const path = joinPath(folder, name);
      if (type === "directory") pending.push(path);
      else yield { path, isFolder: false };
    }
  }
}

/** Into a file that is there already. */
export function copyFile(directory: Directory, source: string, target: Resolved): void {
  if ((target.stat?.size ?? 0) > 0) directory.update(target.path, { size: 0 });
  for (let offset = 0; ; ) {
    const bytes = directory.read(source, { offset, length: COPY_STEP_BYTES });
    if (bytes.length === 0) return;
    offset = directory.write(target.path, { offset, bytes });
  }
}
