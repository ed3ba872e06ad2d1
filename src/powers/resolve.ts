/**
 * Follows a path as people write it ("a/./b/../link/c") to the canonical path of an entry in a directory, symbolic links
 * included, without ever leaving the folder where it starts. This is the only place that follows links.
 *
 * @module
 */
import type { Directory, EntryStat } from "./directory.ts";
import { PowerError, powerErrorCode } from "./errors.ts";
import { joinPath, PATH_BYTES_MAX, parentPath } from "./path.ts";

/** As on Linux. */
export const SYMLINKS_FOLLOWED_MAX = 40;
/** Forty links of the longest targets would be a hundred thousand questions to the folder. */
export const NAMES_WALKED_MAX = 4096;

export interface ResolveRequest {
  /** The folder where the path starts and which it must not leave: a canonical path. */
  readonly base: string;
  readonly path: string;
  /** Whether a symbolic link at the very end is followed; those on the way always are. */
  readonly follow: boolean;
}

export interface Resolved {
  readonly path: string;
  /** Undefined if there is nothing of this name yet, in a folder that exists. */
  readonly stat: EntryStat | undefined;
  /** The path was written with a slash or a dot at its end. */
  readonly mustBeDirectory: boolean;
}

function statIfAny(directory: Directory, path: string): EntryStat | undefined {
  try {
    return directory.stat(path);
  } catch (error) {
    if (powerErrorCode(error) === "not-found") return undefined;
    throw error;
  }
}

/**
 * Most paths have no dots and no links. As a directory never follows links itself, an entry found under the plain path is
 * the right one, and the walk that asks about each folder on the way can be spared.
 */
function resolvePlain(directory: Directory, request: ResolveRequest): Resolved | undefined {
  if (request.path.split("/").some((name) => name === "" || name === "." || name === "..")) return undefined;
  const path = joinPath(request.base, request.path);
  try {
    const stat = directory.stat(path);
    return stat.type === "symlink" && request.follow ? undefined : { path, stat, mustBeDirectory: false };
  } catch (error) {
    const code = powerErrorCode(error);
    if (code === "not-found" || code === "not-directory") return undefined;
    throw error;
  }
}

function assertLinkTarget(stat: EntryStat, linksFollowed: number): string {
  if (linksFollowed > SYMLINKS_FOLLOWED_MAX) throw new PowerError("is-symlink", "too many symbolic links");
  const target = stat.target ?? "";
  if (target === "") throw new PowerError("not-found", "a symbolic link that points nowhere");
  if (target.startsWith("/")) throw new PowerError("outside", "a symbolic link with an absolute target");
  return target;
}

function resolveSlowly(directory: Directory, request: ResolveRequest): Resolved {
  const pending = request.path.split("/").reverse();
  let path = request.base;
  let stat: EntryStat | undefined;
  let mustBeDirectory = false;
  let linksFollowed = 0;
  let namesWalked = 0;
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (++namesWalked > NAMES_WALKED_MAX) throw new PowerError("is-symlink", "a path of too many names");
    if (name === "" || name === ".") {
      if (pending.length === 0) mustBeDirectory = true;
      continue;
    }
    if (name === "..") {
      if (path === request.base) throw new PowerError("outside", "the path leads out of its folder");
      path = parentPath(path);
      stat = undefined;
      continue;
    }
    const next = joinPath(path, name);
    const nextStat = statIfAny(directory, next);
    const isLast = pending.every((rest) => rest === "");
    if (nextStat === undefined) {
      if (!isLast) throw new PowerError("not-found");
      return { path: next, stat: undefined, mustBeDirectory: pending.length > 0 };
    }
    if (nextStat.type === "symlink" && (!isLast || request.follow)) {
      pending.push(...assertLinkTarget(nextStat, ++linksFollowed).split("/").reverse());
      continue;
    }
    if (!isLast && nextStat.type !== "directory") throw new PowerError("not-directory");
    path = next;
    stat = nextStat;
  }
  stat ??= directory.stat(path);
  if (mustBeDirectory && stat.type !== "directory") throw new PowerError("not-directory");
  return { path, stat, mustBeDirectory };
}

export function resolvePath(directory: Directory, request: ResolveRequest): Resolved {
  if (request.path === "") throw new PowerError("not-found", "an empty path");
  if (request.path.length > PATH_BYTES_MAX) throw new PowerError("name-too-long");
  if (request.path.includes("\0")) throw new PowerError("invalid-path", "a path with NUL");
  if (request.path.startsWith("/")) throw new PowerError("outside", "an absolute path");
  return resolvePlain(directory, request) ?? resolveSlowly(directory, request);
}
