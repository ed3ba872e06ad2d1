/**
 * Writing files so that a reader sees the old content or the new one, never half of it, whatever happens in between.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/**
 * Writes into a new file beside the target, flushes it to the disk and renames it over the target. Without `flush` a loss of power
 * can leave less than was written.
 */
export function writeFileAtomic(
  path: string,
  bytes: Uint8Array,
  { flush = true }: { readonly flush?: boolean } = {},
): void {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
  try {
    const descriptor = openSync(temporary, "wx", 0o666);
    try {
      let written = 0;
      while (written < bytes.length) written += writeSync(descriptor, bytes, written);
      if (flush) fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
