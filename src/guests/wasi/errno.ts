/**
 * The error numbers of WASI preview 1, and how the codes of powers become them.
 *
 * @module
 */
import type { PowerErrorCode } from "../../powers/index.ts";
import { powerErrorCode } from "../../powers/index.ts";

export const ERRNO = {
  SUCCESS: 0,
  ACCES: 2,
  AGAIN: 6,
  BADF: 8,
  BUSY: 10,
  EXIST: 20,
  FAULT: 21,
  FBIG: 22,
  ILSEQ: 25,
  INVAL: 28,
  IO: 29,
  ISDIR: 31,
  LOOP: 32,
  MFILE: 33,
  MLINK: 34,
  NAMETOOLONG: 37,
  NOENT: 44,
  NOSPC: 51,
  NOTDIR: 54,
  NOTEMPTY: 55,
  NOTSOCK: 57,
  NOTSUP: 58,
  OVERFLOW: 61,
  PIPE: 64,
  ROFS: 69,
  SPIPE: 70,
  STALE: 72,
  XDEV: 75,
  NOTCAPABLE: 76,
} as const;

export type Errno = (typeof ERRNO)[keyof typeof ERRNO];

/** Thrown inside this folder to leave a call early; it never gets out of it. */
export class WasiError extends Error {
  override readonly name = "WasiError";
  readonly errno: Errno;

  constructor(errno: Errno) {
    super(`errno ${errno}`);
    this.errno = errno;
  }
}

const ERRNO_OF_POWER: { readonly [code in PowerErrorCode]: Errno } = {
  "not-found": ERRNO.NOENT,
  exists: ERRNO.EXIST,
  "not-directory": ERRNO.NOTDIR,
  "is-directory": ERRNO.ISDIR,
  "is-symlink": ERRNO.LOOP,
  "not-empty": ERRNO.NOTEMPTY,
  "read-only": ERRNO.ROFS,
  "no-space": ERRNO.NOSPC,
  "too-big": ERRNO.FBIG,
  "too-many-links": ERRNO.MLINK,
  "invalid-path": ERRNO.INVAL,
  "name-too-long": ERRNO.NAMETOOLONG,
  outside: ERRNO.NOTCAPABLE,
  denied: ERRNO.ACCES,
  "not-granted": ERRNO.NOTCAPABLE,
  revoked: ERRNO.NOTCAPABLE,
  expired: ERRNO.NOTCAPABLE,
  "rate-limited": ERRNO.AGAIN,
  busy: ERRNO.BUSY,
  unsupported: ERRNO.NOTSUP,
  "cross-device": ERRNO.XDEV,
  "broken-pipe": ERRNO.PIPE,
  io: ERRNO.IO,
};

/** Undefined for what is neither ours nor a power's: a fault of the host, which must not be hidden from it. */
export function errnoOf(error: unknown): Errno | undefined {
  if (error instanceof WasiError) return error.errno;
  const code = powerErrorCode(error);
  return code === undefined ? undefined : (ERRNO_OF_POWER[code] ?? ERRNO.IO);
}

export function fail(errno: Errno): never {
  throw new WasiError(errno);
}

/** Runs work on a file that is open already: that its name is gone makes the descriptor stale, not the call wrong. */
export function onOpenEntry<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === ERRNO.NOENT || errno === ERRNO.NOTDIR || errno === ERRNO.LOOP) throw new WasiError(ERRNO.STALE);
    throw error;
  }
}
