/**
 * Reaches an entry below a folder of the host without ever going through a symbolic link. On Linux each folder on the way
 * is opened relative to the one before (`/proc/self/fd/N/name` with O_NOFOLLOW), so that nobody can swap a folder for a
 * link between check and use. Elsewhere each is looked at first, which leaves that race open: see docs/spec/wasi.md.
 *
 * @module
 */
import { closeSync, constants, lstatSync, openSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { assertPath, lastName, PowerError, parentPath } from "../../powers/index.ts";

const FOLDER_FLAGS = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

export interface FolderWalk extends Disposable {
  /** Whether the way to an entry cannot be changed while it is gone. If it can, what was opened must be looked at again. */
  readonly isAnchored: boolean;
  /**
   * Hands over the host path of an entry; its last name is the only one that is not resolved yet, so the work must use
   * operations that don't follow a link there. The path is good only until `work` returns.
   */
  at<T>(path: string, work: (hostPath: string) => T): T;
  /** Hands over the host path of a folder, with nothing left to resolve: what is done with it may follow its last name. */
  within<T>(path: string, work: (hostPath: string) => T): T;
}

/** Opening `name/.` would follow a link, so the folder is opened by name, and by descriptor from then on. */
function openBelow(folder: number, name: string): number {
  try {
    return openSync(`/proc/self/fd/${folder}/${name}`, FOLDER_FLAGS);
  } catch (error) {
    // A link is "not a folder" to Linux already; other systems say ELOOP. In the middle of a path both are not-directory.
    if (error instanceof Error && "code" in error && error.code === "ELOOP") throw new PowerError("not-directory");
    throw error;
  }
}

class DescriptorWalk implements FolderWalk {
  readonly isAnchored = true;
  #root: number | undefined;

  constructor(root: string) {
    this.#root = openSync(root, FOLDER_FLAGS);
  }

  at<T>(path: string, work: (hostPath: string) => T): T {
    // The last name is put behind a folder as it is, so it must be a name.
    assertPath(path);
    if (path === "") return this.within("", work);
    return this.within(parentPath(path), (folder) => work(`${folder.slice(0, -1)}${lastName(path)}`));
  }

  within<T>(path: string, work: (hostPath: string) => T): T {
    assertPath(path);
    if (this.#root === undefined) throw new PowerError("io", "the directory was disposed of");
    let folder = this.#root;
    try {
      for (const name of path === "" ? [] : path.split("/")) {
        const next = openBelow(folder, name);
        if (folder !== this.#root) closeSync(folder);
        folder = next;
      }
      return work(`/proc/self/fd/${folder}/.`);
    } finally {
      if (folder !== this.#root) closeSync(folder);
    }
  }

  [Symbol.dispose](): void {
    if (this.#root !== undefined) closeSync(this.#root);
    this.#root = undefined;
  }
}

class CheckedWalk implements FolderWalk {
  readonly isAnchored = false;
  readonly #root: string;
  readonly #isWindows: boolean;

  constructor(root: string, isWindows: boolean) {
    this.#root = root;
    this.#isWindows = isWindows;
  }

  at<T>(path: string, work: (hostPath: string) => T): T {
    if (path === "") return work(this.#root);
    this.#assertNames(path);
    return this.within(parentPath(path), (folder) => work(join(folder, lastName(path))));
  }

  within<T>(path: string, work: (hostPath: string) => T): T {
    this.#assertNames(path);
    let folder = this.#root;
    for (const name of path === "" ? [] : path.split("/")) {
      folder = join(folder, name);
      if (!lstatSync(folder).isDirectory()) throw new PowerError("not-directory");
    }
    return work(folder);
  }

  #assertNames(path: string): void {
    assertPath(path);
    // There a backslash separates and a colon names a drive or a stream; both would mean more than a name.
    if (this.#isWindows && /[\\:]/.test(path)) throw new PowerError("invalid-path");
  }

  [Symbol.dispose](): void {}
}

function hasDescriptorPaths(platform: string): boolean {
  return platform === "linux" && statSync("/proc/self/fd", { throwIfNoEntry: false })?.isDirectory() === true;
}

/** The root itself is the host's choice: links on the way to it are followed, once, now. */
export function makeFolderWalk(root: string, platform: string): FolderWalk {
  const realRoot = realpathSync(root);
  if (!statSync(realRoot).isDirectory()) throw new PowerError("not-directory");
  return hasDescriptorPaths(platform) ? new DescriptorWalk(realRoot) : new CheckedWalk(realRoot, platform === "win32");
}
