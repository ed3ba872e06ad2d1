/**
 * The state of a WASI process as plain data for the image, and back. What comes back may have been made by anybody, so
 * every value is checked; what it names is still only reachable through the powers that are given at the thaw.
 *
 * @module
 */
import type { DirectoryEntry, EntryType, SeededRandomState } from "../../powers/index.ts";
import { assertPath } from "../../powers/index.ts";
import {
  DESCRIPTORS_MAX,
  FDFLAGS_ALL,
  FILE_RIGHTS,
  FOLDER_RIGHTS,
  INPUT_RIGHTS,
  OUTPUT_RIGHTS,
  RIGHTS_ALL,
} from "./abi.ts";
import { DEADLINE_MAX } from "./clocks.ts";
import type { Descriptor, StreamName } from "./descriptors.ts";
import type { SavedProcess } from "./process.ts";
import { LOOKAHEAD_BYTES_MAX } from "./stdio.ts";

const FORMAT_VERSION = 1;
const ENTRY_TYPES: readonly EntryType[] = ["file", "directory", "symlink", "other"];
const STREAMS: readonly StreamName[] = ["stdin", "stdout", "stderr"];

type Plain = { readonly [key: string]: unknown };

/** Thrown for state that no process of ours saved; the image that held it is refused. */
export class SavedStateError extends Error {
  override readonly name = "SavedStateError";
  readonly code = "malformed";

  constructor(expected: string, options?: ErrorOptions) {
    super(`saved WASI state: expected ${expected}`, options);
  }
}

function demand(condition: boolean, expected: string): asserts condition {
  if (!condition) throw new SavedStateError(expected);
}

function decodeRecord(value: unknown, name: string): Plain {
  const isPlain =
    typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
  demand(isPlain, `${name} to be an object`);
  return value as Plain;
}

function decodeList(value: unknown, name: string): readonly unknown[] {
  demand(Array.isArray(value), `${name} to be a list`);
  return value;
}

function decodeText(value: unknown, name: string): string {
  demand(typeof value === "string" && value.isWellFormed(), `${name} to be text`);
  return value;
}

function decodeBoolean(value: unknown, name: string): boolean {
  demand(typeof value === "boolean", `${name} to be true or false`);
  return value;
}

function decodeNumber(value: unknown, name: string, max: number = Number.MAX_SAFE_INTEGER): number {
  demand(
    typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= max,
    `${name} up to ${max}`,
  );
  return value;
}

/** Encoders write small bigints as plain integers, so both come back. */
function decodeTime(value: unknown, name: string): bigint {
  demand(typeof value === "bigint" || Number.isSafeInteger(value), `${name} to be a time`);
  const time = BigInt(value as bigint | number);
  demand(time <= DEADLINE_MAX && time >= -DEADLINE_MAX, `${name} to be a time within reach`);
  return time;
}

function decodePath(value: unknown, name: string): string {
  const path = decodeText(value, name);
  try {
    assertPath(path);
  } catch {
    throw new SavedStateError(`${name} to be a path`);
  }
  return path;
}

function encodeDescriptor(descriptor: Descriptor): Plain {
  const common = { rights: descriptor.rights, inheriting: descriptor.inheriting, flags: descriptor.flags };
  if (descriptor.kind === "stream") return { kind: "stream", ...common, stream: descriptor.stream };
  const place = { folder: descriptor.folder, path: descriptor.path, stale: descriptor.stale };
  if (descriptor.kind === "file") return { kind: "file", ...common, ...place, offset: descriptor.offset };
  const listing = descriptor.listing?.map((entry) => [entry.name, ENTRY_TYPES.indexOf(entry.type)]) ?? null;
  return { kind: "folder", ...common, ...place, preopened: descriptor.preopened, listing };
}

function decodeListing(value: unknown): readonly DirectoryEntry[] | undefined {
  if (value === null) return undefined;
  return decodeList(value, "listing").map((entry) => {
    const [name, type] = decodeList(entry, "listing entry");
    return {
      name: decodePath(name, "listed name"),
      type: ENTRY_TYPES[decodeNumber(type, "listed type", ENTRY_TYPES.length - 1)]!,
    };
  });
}

/** Rights are cut to what the kind of descriptor can have, so forged ones give nothing. */
function decodeDescriptor(value: unknown): Descriptor {
  const plain = decodeRecord(value, "descriptor");
  const rights = decodeNumber(plain.rights, "rights", RIGHTS_ALL);
  const inheriting = decodeNumber(plain.inheriting, "inheriting", RIGHTS_ALL);
  const flags = decodeNumber(plain.flags, "flags", FDFLAGS_ALL);
  if (plain.kind === "stream") {
    const stream = STREAMS.find((name) => name === plain.stream);
    demand(stream !== undefined, "the name of a stream");
    const possible = stream === "stdin" ? INPUT_RIGHTS : OUTPUT_RIGHTS;
    return { kind: "stream", stream, rights: rights & possible, inheriting, flags };
  }
  const place = {
    folder: decodeText(plain.folder, "folder"),
    path: decodePath(plain.path, "path"),
    stale: decodeBoolean(plain.stale, "stale"),
    inheriting,
    flags,
  };
  if (plain.kind === "file") {
    return { kind: "file", ...place, rights: rights & FILE_RIGHTS, offset: decodeNumber(plain.offset, "offset") };
  }
  demand(plain.kind === "folder", "a kind of descriptor");
  const preopened = decodeBoolean(plain.preopened, "preopened");
  return { kind: "folder", ...place, rights: rights & FOLDER_RIGHTS, preopened, listing: decodeListing(plain.listing) };
}

function decodeRandom(value: unknown): SeededRandomState {
  const words = decodeList(value, "random").map((word) => decodeNumber(word, "random", 2 ** 32 - 1));
  const [a, b, c, d] = words;
  demand(words.length === 4 && words.some((word) => word !== 0), "four words of random state");
  return [a!, b!, c!, d!];
}

function decodeDescriptors(value: unknown): SavedProcess["descriptors"] {
  const list = decodeList(value, "descriptors");
  demand(list.length <= DESCRIPTORS_MAX, `at most ${DESCRIPTORS_MAX} descriptors`);
  const seen = new Set<number>();
  return list.map((entry) => {
    const [fd, descriptor] = decodeList(entry, "descriptor entry");
    const number = decodeNumber(fd, "descriptor number", DESCRIPTORS_MAX - 1);
    demand(!seen.has(number), "each descriptor once");
    seen.add(number);
    return [number, decodeDescriptor(descriptor)] as const;
  });
}

export function encodeSaved(saved: SavedProcess): unknown {
  return {
    version: FORMAT_VERSION,
    args: [...saved.args],
    env: saved.env.map(([name, value]) => [name, value]),
    advanced: saved.advanced,
    random: [...saved.random],
    input: saved.input,
    descriptors: saved.descriptors.map(([fd, descriptor]) => [fd, encodeDescriptor(descriptor)]),
    scratch: saved.scratch.map(([guestPath, tree]) => [guestPath, tree]),
    orphans: saved.orphans,
  };
}

export function decodeSaved(value: unknown): SavedProcess {
  const plain = decodeRecord(value, "the state");
  demand(plain.version === FORMAT_VERSION, `version ${FORMAT_VERSION}, which this program reads`);
  demand(plain.input instanceof Uint8Array && plain.input.length <= LOOKAHEAD_BYTES_MAX, "a little input read ahead");
  return {
    args: decodeList(plain.args, "args").map((argument) => decodeText(argument, "argument")),
    env: decodeList(plain.env, "env").map((entry) => {
      const [name, variable] = decodeList(entry, "env");
      return [decodeText(name, "env"), decodeText(variable, "env")] as const;
    }),
    advanced: decodeTime(plain.advanced, "advanced"),
    random: decodeRandom(plain.random),
    input: plain.input.slice(),
    descriptors: decodeDescriptors(plain.descriptors),
    scratch: decodeList(plain.scratch, "scratch").map((entry) => {
      const [guestPath, tree] = decodeList(entry, "scratch");
      return [decodeText(guestPath, "scratch path"), decodeRecord(tree, "scratch folder")] as const;
    }),
    orphans: plain.orphans === null ? null : decodeRecord(plain.orphans, "orphans"),
  };
}
