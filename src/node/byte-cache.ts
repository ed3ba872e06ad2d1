/**
 * A cache of byte strings on disk, by key. What is read is verified, what is damaged is forgotten, and the folder's size stays
 * below a limit: the files that were used longest ago go first. A cache never fails its user: without a usable folder it is empty.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { writeFileAtomic } from "./files.ts";

const DIGEST_BYTES = 32;
const CACHE_BYTES_MAX_DEFAULT = 1024 * 1024 * 1024;
/** Making room goes down to this share of the limit, so that it does not happen at every write. */
const KEPT_SHARE = 0.8;
/** To look at all files takes a while, so it is done once for as many bytes as are this share of the limit: others write here, too. */
const UNSEEN_SHARE = 1 / 64;
const KEY_PATTERN = /^[0-9a-z][0-9a-z.-]{0,199}$/;

export interface ByteCache {
  get(key: string): Uint8Array | undefined;
  put(key: string, bytes: Uint8Array): void;
}

/** The folder for Caper's caches: `CAPER_CACHE`, else below `XDG_CACHE_HOME` or `~/.cache`. */
export function cacheFolder(environment: { readonly [name: string]: string | undefined }): string {
  const { CAPER_CACHE: own, XDG_CACHE_HOME: base } = environment;
  if (own !== undefined && own !== "") return own;
  return join(base !== undefined && base !== "" ? base : join(homedir(), ".cache"), "caper");
}

/** Each file is the SHA-256 of its content, then the content. */
export function makeByteCache(init: { readonly folder: string; readonly bytesMax?: number }): ByteCache {
  const bytesMax = init.bytesMax ?? CACHE_BYTES_MAX_DEFAULT;
  const fileOf = (key: string): string => {
    if (!KEY_PATTERN.test(key))
      throw new RangeError(`key: expected letters, digits, dots and dashes, got ${JSON.stringify(key)}`);
    return join(init.folder, key);
  };
  /** Free when the folder was looked at, less what was written since; and how much that may be before it is looked at again. */
  let room = 0;
  let unseen = 0;
  const takeRoom = (bytes: number): void => {
    if (bytes > Math.min(room, unseen)) {
      room = makeRoom(init.folder, bytesMax, bytes);
      unseen = bytesMax * UNSEEN_SHARE;
    }
    room -= bytes;
    unseen -= bytes;
  };
  return Object.freeze({
    get(key: string): Uint8Array | undefined {
      const file = fileOf(key);
      const bytes = quietly(() => readVerified(file));
      if (bytes !== undefined) quietly(() => utimesSync(file, new Date(), new Date()));
      return bytes;
    },
    put(key: string, bytes: Uint8Array): void {
      const file = fileOf(key);
      if (bytes.length + DIGEST_BYTES > bytesMax * KEPT_SHARE) return;
      quietly(() => {
        mkdirSync(init.folder, { recursive: true, mode: 0o700 });
        takeRoom(bytes.length + DIGEST_BYTES);
        const whole = new Uint8Array(DIGEST_BYTES + bytes.length);
        whole.set(digest(bytes));
        whole.set(bytes, DIGEST_BYTES);
        // Half a file after a loss of power is a damaged one like any other.
        writeFileAtomic(file, whole, { flush: false });
      });
    },
  });
}

function digest(bytes: Uint8Array): Uint8Array {
  return createHash("sha256").update(bytes).digest();
}

function readVerified(file: string): Uint8Array | undefined {
  const whole = readFileSync(file);
  const bytes = new Uint8Array(whole.buffer, whole.byteOffset, whole.length).slice(DIGEST_BYTES);
  if (whole.length >= DIGEST_BYTES && Buffer.compare(digest(bytes), whole.subarray(0, DIGEST_BYTES)) === 0)
    return bytes;
  rmSync(file, { force: true });
  return undefined;
}

/**
 * Removes the files that were used longest ago until the new one fits, and says how many bytes are free then. Two processes may do
 * so at once: a file that is gone is gone.
 */
function makeRoom(folder: string, bytesMax: number, bytesNew: number): number {
  const files = readdirSync(folder)
    .map((name) => join(folder, name))
    .flatMap((path) => {
      const info = statSync(path, { throwIfNoEntry: false });
      return info?.isFile() ? [{ path, bytes: info.size, used: info.mtimeMs }] : [];
    })
    .sort((a, b) => a.used - b.used);
  let total = files.reduce((sum, file) => sum + file.bytes, bytesNew);
  if (total > bytesMax) {
    for (const file of files) {
      if (total <= bytesMax * KEPT_SHARE) break;
      rmSync(file.path, { force: true });
      total -= file.bytes;
    }
  }
  return bytesMax - (total - bytesNew);
}

function quietly<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
