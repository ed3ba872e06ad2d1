/**
 * Weaker directories made from stronger ones: read-only, and one folder of it.
 *
 * @module
 */
import type { Directory } from "./directory.ts";
import { PowerError, powerErrorCode } from "./errors.ts";
import { assertPath, assertTarget, isTargetInside, joinPath } from "./path.ts";

function refuse(): never {
  throw new PowerError("read-only", "the directory is read-only");
}

/** Everything that changes anything is refused. What is read from it may be made durable: there is nothing to do for that. */
export function makeReadOnlyDirectory(directory: Directory): Directory {
  return Object.freeze<Directory>({
    stat: (path) => directory.stat(path),
    list: (path) => directory.list(path),
    read: (path, range) => directory.read(path, range),
    write: refuse,
    create: refuse,
    update(path, update) {
      if (update.durable !== true || Object.keys(update).length > 1) refuse();
      directory.stat(path);
    },
    rename: refuse,
    remove: refuse,
  });
}

/** Of a symbolic link; undefined for everything else, also for what is not there: the operation itself will say so. */
function targetOf(directory: Directory, path: string): string | undefined {
  try {
    return directory.stat(path).target;
  } catch (error) {
    if (powerErrorCode(error) === undefined) throw error;
    return undefined;
  }
}

/** The folder at `root` as a directory of its own: what lies beside or above it cannot be named. */
export function makeSubdirectory(directory: Directory, root: string): Directory {
  assertPath(root);
  if (directory.stat(root).type !== "directory") throw new PowerError("not-directory", "root: expected a folder");
  const at = (path: string): string => {
    assertPath(path);
    return joinPath(root, path);
  };
  /** The outer directory judges links by its own border, which is wider than this one. */
  const assertLinkMayMove = (path: string, newPath: string): void => {
    const target = targetOf(directory, at(path));
    if (target !== undefined && !isTargetInside(newPath, target)) throw new PowerError("outside");
  };
  return Object.freeze<Directory>({
    stat: (path) => directory.stat(at(path)),
    list: (path) => directory.list(at(path)),
    read: (path, range) => directory.read(at(path), range),
    write: (path, data) => directory.write(at(path), data),
    create(path, entry) {
      if (path === "") throw new PowerError("busy", "a directory cannot make itself");
      if (entry.type === "symlink") assertTarget(path, entry.target);
      if (entry.type === "link") assertLinkMayMove(entry.existing, path);
      directory.create(at(path), entry.type === "link" ? { type: "link", existing: at(entry.existing) } : entry);
    },
    update: (path, update) => directory.update(at(path), update),
    rename(path, newPath) {
      if (path === "" || newPath === "") throw new PowerError("busy", "a directory cannot move itself");
      assertLinkMayMove(path, newPath);
      directory.rename(at(path), at(newPath));
    },
    remove(path, type) {
      if (path === "") throw new PowerError("busy", "a directory cannot remove itself");
      directory.remove(at(path), type);
    },
  });
}
