/**
 * Writing files so that a reader sees the old content or the new one, never half of it, whatever happens in between.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  lstatSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

/** Names for what a process has open: it is written to there, also where that is a file. */
const DESCRIPTORS = /^\/(dev\/(fd\/|stdout$|stderr$)|proc\/self\/fd\/)/;

/**
 * Writes into a new file beside the target, flushes it to the disk and renames it over the target. Without `flush` a loss of power
 * can leave less than was written.
 */
export function writeFileAtomic(
  path: string,
  bytes: Uint8Array,
  { flush = true }: { readonly flush?: boolean } = {},
): void {
  const temporary = temporaryBeside(path);
  try {
    writeInto(openSync(temporary, "wx", 0o666), bytes, flush);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** The same for a path that a user chose: a link stays a link, and what is no file (a device, a pipe) is written to and not replaced. */
export function writeUserFile(path: string, bytes: Uint8Array): void {
  const file = fileBehind(path);
  if (file === undefined) writeInto(openSync(path, "a"), bytes, false);
  else writeFileAtomic(file, bytes);
}

/** Throws what `writeUserFile` would, as far as that can be known before: no folder, no right to write there. Leaves nothing behind. */
export function checkUserFile(path: string): void {
  const file = fileBehind(path);
  if (file !== undefined) {
    const temporary = temporaryBeside(file);
    closeSync(openSync(temporary, "wx"));
    rmSync(temporary);
  } else if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) {
    throw Object.assign(new Error(`${path}: is a folder`), { code: "EISDIR" });
  }
}

/** The file that has a path, or would have it; undefined where something else has it, or a link that leads nowhere yet. */
function fileBehind(path: string): string | undefined {
  if (DESCRIPTORS.test(resolve(path))) return undefined;
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return path;
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true ? realpathSync(path) : undefined;
}

function temporaryBeside(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
}

/** And closes it. */
function writeInto(descriptor: number, bytes: Uint8Array, flush: boolean): void {
  try {
    let written = 0;
    while (written < bytes.length) written += writeSync(descriptor, bytes, written);
    if (flush) fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
