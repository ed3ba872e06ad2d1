/**
 * Canonical paths, the only ones that a directory power takes, and the few operations on them.
 *
 * @module
 */
import { PowerError } from "./errors.ts";

export const PATH_BYTES_MAX = 4096;
export const NAME_BYTES_MAX = 255;

const encoder = new TextEncoder();

/** UTF-8 needs at most three bytes for each UTF-16 unit, so most strings need not be encoded to know that they fit. */
function exceedsBytes(text: string, bytesMax: number): boolean {
  return text.length * 3 > bytesMax && encoder.encode(text).length > bytesMax;
}

/** Throws unless the path is names joined by "/" (or ""), each well-formed, not "." or "..", without NUL, within the limits. */
export function assertPath(path: string): void {
  if (path === "") return;
  if (exceedsBytes(path, PATH_BYTES_MAX))
    throw new PowerError("name-too-long", `path: longer than ${PATH_BYTES_MAX} bytes`);
  if (!path.isWellFormed() || path.includes("\0"))
    throw new PowerError("invalid-path", "path: expected text without NUL");
  for (const name of path.split("/")) {
    if (name === "" || name === "." || name === "..") {
      throw new PowerError("invalid-path", "path: expected names joined by /, without empty ones, . and ..");
    }
    if (exceedsBytes(name, NAME_BYTES_MAX)) {
      throw new PowerError("name-too-long", `path: a name is longer than ${NAME_BYTES_MAX} bytes`);
    }
  }
}

export function joinPath(parent: string, name: string): string {
  if (parent === "") return name;
  return name === "" ? parent : `${parent}/${name}`;
}

/** Of "" it is "". */
export function parentPath(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "" : path.slice(0, slash);
}

export function lastName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Whether `path` is `ancestor` or lies below it. */
export function isWithin(path: string, ancestor: string): boolean {
  return ancestor === "" || path === ancestor || path.startsWith(`${ancestor}/`);
}

/** The order of the names' bytes in UTF-8, which is that of their code points (and not of UTF-16 units, as `<` compares). */
export function compareNames(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at++) {
    let a = left.charCodeAt(at);
    let b = right.charCodeAt(at);
    if (a === b) continue;
    // Surrogates stand for code points above all others, though their own values lie below 0xe000.
    if (a >= 0xd800 && b >= 0xd800) {
      a = a >= 0xe000 ? a - 0x800 : a + 0x2000;
      b = b >= 0xe000 ? b - 0x800 : b + 0x2000;
    }
    return a - b;
  }
  return left.length - right.length;
}

/**
 * Whether a symbolic link at `path` that points to `target` stays inside, judged by its text alone. Nothing here follows
 * links out anyway; the rule is for the host's own programs, which would, and which the guest must not be able to lure.
 */
export function isTargetInside(path: string, target: string): boolean {
  if (target.startsWith("/") || target.includes("\\") || /^[A-Za-z]:/.test(target)) return false;
  let depth = path.split("/").length - 1;
  for (const name of target.split("/")) {
    if (name === "" || name === ".") continue;
    depth += name === ".." ? -1 : 1;
    if (depth < 0) return false;
  }
  return true;
}

/** Demands what every implementation demands of a symbolic link, see `isTargetInside`. */
export function assertTarget(path: string, target: string): void {
  if (target === "") throw new PowerError("not-found", "target: expected a path, got an empty one");
  if (exceedsBytes(target, PATH_BYTES_MAX)) throw new PowerError("name-too-long", "target: longer than a path may be");
  if (!target.isWellFormed() || target.includes("\0"))
    throw new PowerError("invalid-path", "target: expected text without NUL");
  if (!isTargetInside(path, target)) throw new PowerError("outside", "target: leads out of the directory");
}
