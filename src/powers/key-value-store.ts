/**
 * Key-value stores: small, synchronous, bounded. One in memory, and one in a folder, with a file for each key.
 *
 * @module
 */
import type { Directory } from "./directory.ts";
import { PowerError } from "./errors.ts";

/** Values are bytes; whoever gives or gets some may keep them. Keys are checked by `assertKey` before they come here. */
export interface KeyValueStore {
  get(key: string): Uint8Array | undefined;
  /** Throws `no-space` where it is full, and then has changed nothing. */
  set(key: string, value: Uint8Array): void;
  /** Whether it was there. */
  delete(key: string): boolean;
  /** In any order. */
  keys(): readonly string[];
}

export interface StoreLimits {
  /** Of keys (as UTF-8) and values together. */
  readonly bytesMax: number;
  readonly entriesMax: number;
}

export const STORE_BYTES_DEFAULT: number = 5 << 20;
export const STORE_ENTRIES_DEFAULT = 10_000;
/** What one call of `keys` can give. */
export const STORE_ENTRIES_MAX = 65_536;
/** In UTF-8. In hexadecimal it must fit into the name of a file. */
export const STORE_KEY_BYTES_MAX = 120;

const encoder = new TextEncoder();

export function assertKey(key: string): void {
  if (key === "" || !key.isWellFormed() || encoder.encode(key).length > STORE_KEY_BYTES_MAX) {
    throw new PowerError("invalid-path", `expected a key of 1 to ${STORE_KEY_BYTES_MAX} bytes in UTF-8`);
  }
}

function readLimits(limits: Partial<StoreLimits>): StoreLimits {
  if ((limits.entriesMax ?? 0) > STORE_ENTRIES_MAX) {
    throw new RangeError(`entriesMax: expected at most ${STORE_ENTRIES_MAX}, got ${limits.entriesMax}`);
  }
  return { bytesMax: limits.bytesMax ?? STORE_BYTES_DEFAULT, entriesMax: limits.entriesMax ?? STORE_ENTRIES_DEFAULT };
}

/** Keeps the sizes of what is in a store, and refuses what would be too much. */
function makeLedger({ bytesMax, entriesMax }: StoreLimits) {
  const sizes = new Map<string, number>();
  let bytes = 0;
  return {
    sizes,
    /** Before a value is set. */
    assertRoom(key: string, valueBytes: number): void {
      const before = sizes.get(key);
      if (before === undefined && sizes.size >= entriesMax) {
        throw new PowerError("no-space", `the store holds ${entriesMax} entries at most`);
      }
      if (bytes - (before ?? 0) + encoder.encode(key).length + valueBytes > bytesMax) {
        throw new PowerError("no-space", `the store holds ${bytesMax} bytes at most`);
      }
    },
    add(key: string, valueBytes: number): void {
      const size = encoder.encode(key).length + valueBytes;
      bytes += size - (sizes.get(key) ?? 0);
      sizes.set(key, size);
    },
    remove(key: string): boolean {
      bytes -= sizes.get(key) ?? 0;
      return sizes.delete(key);
    },
  };
}

export function makeMemoryStore(limits: Partial<StoreLimits> = {}): KeyValueStore {
  const ledger = makeLedger(readLimits(limits));
  const values = new Map<string, Uint8Array>();
  return Object.freeze<KeyValueStore>({
    get: (key) => values.get(key)?.slice(),
    set(key, value) {
      ledger.assertRoom(key, value.length);
      ledger.add(key, value.length);
      values.set(key, value.slice());
    },
    delete(key) {
      ledger.remove(key);
      return values.delete(key);
    },
    keys: () => [...values.keys()],
  });
}

const VALUE_SUFFIX = ".value";
const TEMPORARY = "new.tmp";

/**
 * In a folder of its own: one file for each key, named by the key's bytes in hexadecimal, so that no file system mixes two up. A
 * value is written beside the old one and put in its place at once. What is in the folder is counted now; another program that
 * writes there is not seen. Files of other names are left alone.
 */
export function makeDirectoryStore(directory: Directory, limits: Partial<StoreLimits> = {}): KeyValueStore {
  const ledger = makeLedger(readLimits(limits));
  for (const { name, type } of directory.list("")) {
    const key = type === "file" ? keyOfFile(name) : undefined;
    if (key !== undefined) ledger.add(key, directory.stat(name).size);
  }
  return Object.freeze<KeyValueStore>({
    get(key) {
      if (!ledger.sizes.has(key)) return undefined;
      const name = fileOfKey(key);
      return directory.read(name, { offset: 0, length: directory.stat(name).size });
    },
    set(key, value) {
      ledger.assertRoom(key, value.length);
      if (directory.list("").some(({ name }) => name === TEMPORARY)) directory.remove(TEMPORARY, "file");
      directory.create(TEMPORARY, { type: "file" });
      directory.write(TEMPORARY, { offset: 0, bytes: value });
      directory.rename(TEMPORARY, fileOfKey(key));
      ledger.add(key, value.length);
    },
    delete(key) {
      if (!ledger.sizes.has(key)) return false;
      directory.remove(fileOfKey(key), "file");
      return ledger.remove(key);
    },
    keys: () => [...ledger.sizes.keys()],
  });
}

function fileOfKey(key: string): string {
  return `${[...encoder.encode(key)].map((byte) => byte.toString(16).padStart(2, "0")).join("")}${VALUE_SUFFIX}`;
}

/** Undefined for a file that holds no value. */
function keyOfFile(name: string): string | undefined {
  if (!name.endsWith(VALUE_SUFFIX)) return undefined;
  const digits = name.slice(0, -VALUE_SUFFIX.length);
  if (!/^([0-9a-f]{2})+$/.test(digits)) return undefined;
  const bytes = Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  const key = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  // What is no UTF-8 would come back as another file.
  return fileOfKey(key) === name ? key : undefined;
}
