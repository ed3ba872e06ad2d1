/**
 * Turns what `node:fs` throws into the codes of the powers, so that no path and no system text of the host travels on.
 *
 * @module
 */
import type { PowerErrorCode } from "../../powers/index.ts";
import { PowerError } from "../../powers/index.ts";

const CODES: { readonly [systemCode: string]: PowerErrorCode } = {
  ENOENT: "not-found",
  EEXIST: "exists",
  ENOTDIR: "not-directory",
  EISDIR: "is-directory",
  ELOOP: "is-symlink",
  ENOTEMPTY: "not-empty",
  EROFS: "read-only",
  ENOSPC: "no-space",
  EDQUOT: "no-space",
  EFBIG: "too-big",
  EMLINK: "too-many-links",
  EINVAL: "invalid-path",
  ENAMETOOLONG: "name-too-long",
  EACCES: "denied",
  EPERM: "denied",
  EBUSY: "busy",
  ETXTBSY: "busy",
  ENXIO: "unsupported",
  ENODEV: "unsupported",
  ENOTSUP: "unsupported",
  EXDEV: "cross-device",
  EPIPE: "broken-pipe",
};

function systemCodeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** A programmer's error of ours has no system code and goes on as it is. */
export function toPowerError(error: unknown): unknown {
  const systemCode = systemCodeOf(error);
  if (error instanceof PowerError || systemCode === undefined || !systemCode.startsWith("E")) return error;
  if (systemCode.startsWith("ERR_")) return error;
  const code = CODES[systemCode] ?? "io";
  return new PowerError(code, code, { cause: error });
}

/** Runs a piece of file work, with its errors turned into those of a power. */
export function translated<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw toPowerError(error);
  }
}
