/**
 * The file that keeps who a peer is, and what its objects are called, from one start to the next. It holds one secret, from which the others are derived;
 * without a file the secret is made anew each time.
 *
 * @module
 */
import { hkdfSync, randomBytes } from "node:crypto";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { CliError, describeSystemError } from "./errors.ts";

const SECRET_BYTES = 32;
const TEXT = /^[0-9a-f]{64}\n?$/;
/** Whoever may read it can pass for this peer, and call all that it serves. */
const OTHERS = 0o077;

export interface PeerKeys {
  /** Of the netlayer: who this peer is. */
  readonly seed: Uint8Array;
  swissNumber(name: string): Uint8Array;
}

export function makePeerKeys(path: string | undefined): PeerKeys {
  const secret = path === undefined ? randomBytes(SECRET_BYTES) : readSecret(path);
  const derive = (purpose: string): Uint8Array =>
    new Uint8Array(hkdfSync("sha256", secret, new Uint8Array(), `caper serve: ${purpose}`, SECRET_BYTES));
  return { seed: derive("peer"), swissNumber: (name) => derive(`export ${name}`) };
}

/** Made when it is not there. */
function readSecret(path: string): Uint8Array {
  try {
    const made = `${randomBytes(SECRET_BYTES).toString("hex")}\n`;
    writeFileSync(path, made, { flag: "wx", mode: 0o600 });
    return parse(path, made);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw unusable(path, "written", error);
  }
  try {
    if (process.platform !== "win32" && (statSync(path).mode & OTHERS) !== 0) {
      throw new CliError("file", `--seed-file ${path}: others may read it; change that with: chmod 600 ${path}`);
    }
    return parse(path, readFileSync(path, "latin1"));
  } catch (error) {
    throw error instanceof CliError ? error : unusable(path, "read", error);
  }
}

function parse(path: string, text: string): Uint8Array {
  if (!TEXT.test(text)) {
    throw new CliError("input", `--seed-file ${path}: is no key; name a file that is not there, and it is made`);
  }
  return Buffer.from(text.trim(), "hex");
}

function unusable(path: string, what: string, error: unknown): CliError {
  return new CliError("file", `--seed-file ${path}: cannot be ${what}: ${describeSystemError(error)}`, {
    cause: error,
  });
}
