/**
 * Image files: CARv1 archives (https://ipld.io/specs/transport/car/carv1/) in canonical form, so that one image is one file.
 * Written and read here and not by `@ipld/car`, whose synchronous reader also takes CARv2, CIDv0, other hashes and numbers in
 * any length, gives no position in its errors, and imports `node:fs`; the tests hold each against the other.
 * @module
 */

import type { Base } from "./base.ts";
import { type Image, makeVerifiedImage, type OrderedBlock, orderBlocks, verifyImage } from "./blocks.ts";
import { cidToLink, decodeCbor, encodeCbor } from "./cbor.ts";
import { CID_BYTES, cidToText, codecAt, codecOfText, defaultHasher, type Hasher, makeCid, textToCid } from "./cid.ts";
import { needsBase } from "./decode.ts";
import { makePatches, type Patch } from "./difference.ts";
import { ImageError } from "./errors.ts";
import { Field, SAFE_MAX } from "./fields.ts";
import { DIFFERENCE_FORMAT_VERSION, PATCHED_BYTES_MAX } from "./limits.ts";
import { assertVersion, MANIFEST_FORMAT } from "./manifest.ts";
import { applyPatch } from "./patch.ts";
import { putVarint, takeVarint, type VarintReader } from "./varints.ts";

export const DIFFERENCE_FORMAT = "caper-difference";
/** A header that names one root has less than this; more is no image and need not be decoded. */
const HEADER_BYTES_MAX = 256;

export interface ArchiveOptions {
  readonly hasher?: Hasher;
}

/** The file. A difference is smaller if its base is given, since its blocks are then written as patches. */
export function imageToBytes(image: Image, options: ArchiveOptions & { readonly base?: Base } = {}): Uint8Array {
  const { base, hasher = defaultHasher } = options;
  verifyImage(image, hasher);
  if (image.base === null) {
    return writeArchive(
      textToCid(image.root),
      orderBlocks(image.root, (cid) => image.blocks.get(cid)),
    );
  }
  if (base !== undefined && base.root !== image.base) throw needsBase(image);
  const find = (cid: string): Uint8Array | undefined => (base?.has(cid) ? undefined : image.blocks.get(cid));
  const ordered = orderBlocks(image.root, find);
  const patches = base === undefined ? new Map<string, Patch>() : makePatches(base, image);
  const bytes = encodeCbor(
    {
      format: DIFFERENCE_FORMAT,
      version: DIFFERENCE_FORMAT_VERSION,
      base: cidToLink(textToCid(image.base)),
      root: cidToLink(textToCid(image.root)),
      patches: ordered.flatMap(({ cid }) => {
        const patch = patches.get(cid);
        return patch === undefined ? [] : [[patch.source, patch.bytes]];
      }),
    },
    "difference",
  );
  const cidBytes = makeCid("dag-cbor", hasher(bytes));
  const head: OrderedBlock = { cid: cidToText(cidBytes), cidBytes, bytes };
  return writeArchive(cidBytes, [head, ...ordered.filter(({ cid }) => !patches.has(cid))]);
}

function writeArchive(root: Uint8Array, blocks: readonly OrderedBlock[]): Uint8Array {
  const header = encodeCbor({ version: 1, roots: [cidToLink(root)] }, "header");
  const lengths: number[] = [];
  putVarint(lengths, header.length);
  let size = lengths.length + header.length;
  const prefixes = blocks.map(({ bytes }) => {
    const prefix: number[] = [];
    putVarint(prefix, CID_BYTES + bytes.length);
    size += prefix.length + CID_BYTES + bytes.length;
    return prefix;
  });
  const file = new Uint8Array(size);
  file.set(lengths);
  file.set(header, lengths.length);
  let at = lengths.length + header.length;
  for (const [index, { cidBytes, bytes }] of blocks.entries()) {
    const prefix = prefixes[index] as number[];
    file.set(prefix, at);
    file.set(cidBytes, at + prefix.length);
    file.set(bytes, at + prefix.length + CID_BYTES);
    at += prefix.length + CID_BYTES + bytes.length;
  }
  return file;
}

export interface ReadOptions extends ArchiveOptions {
  /** Asked for the base that a difference names. */
  readonly base?: (root: string) => Base | undefined;
  /** Bytes that the patches of a difference may make altogether. */
  readonly patchedBytesMax?: number;
}

/** Hashes every block. The image's blocks are views on `bytes`, which must not be changed afterwards. */
export function bytesToImage(bytes: Uint8Array, options: ReadOptions = {}): Image {
  const { hasher = defaultHasher } = options;
  const archive = readArchive(bytes, hasher);
  const { head } = archive;
  if (head.base === null) {
    assertOrder(
      archive.blocks,
      orderBlocks(head.root, (cid) => archive.blocks.get(cid)),
    );
    return makeVerifiedImage({ root: head.root, base: null, blocks: archive.blocks });
  }
  const base = options.base?.(head.base);
  if (base === undefined || base.root !== head.base) throw needsBase(head);
  archive.blocks.delete(archive.root);
  const patched = applyPatches(head.patches, { base, hasher, bytesMax: options.patchedBytesMax ?? PATCHED_BYTES_MAX });
  const find = (cid: string): Uint8Array | undefined => archive.blocks.get(cid) ?? patched.get(cid);
  const ordered = orderBlocks(head.root, find);
  assertOrder(
    archive.blocks,
    ordered.filter(({ cid }) => archive.blocks.has(cid)),
  );
  assertOrder(
    patched,
    ordered.filter(({ cid }) => !archive.blocks.has(cid)),
  );
  const blocks = new Map(ordered.map((block) => [block.cid, block.bytes]));
  const root = blocks.get(head.root) ?? base.block(head.root);
  if (root !== undefined) blocks.set(head.root, root);
  return makeVerifiedImage({ root: head.root, base: head.base, blocks });
}

/** Which image a file holds and which base it needs, without needing that base. Checks the archive as a whole. */
export function peekImage(bytes: Uint8Array, options: ArchiveOptions = {}): { root: string; base: string | null } {
  const { root, base } = readArchive(bytes, options.hasher ?? defaultHasher).head;
  return { root, base };
}

interface Archive {
  readonly root: string;
  readonly blocks: Map<string, Uint8Array>;
  readonly head: Head;
}

type Head = { readonly root: string; readonly base: string | null; readonly patches: readonly Field[] };

function readArchive(bytes: Uint8Array, hasher: Hasher): Archive {
  const reader: VarintReader = { bytes, at: 0, where: "archive" };
  const root = readHeader(reader);
  const blocks = new Map<string, Uint8Array>();
  while (reader.at < bytes.length) {
    const block = readBlock(reader, hasher);
    if (blocks.size === 0 && block.cid !== root) throw unexpected(block.cid, "stands where the root should be");
    if (blocks.has(block.cid)) throw unexpected(block.cid, "is there twice");
    blocks.set(block.cid, block.bytes);
  }
  const rootBytes = blocks.get(root);
  if (rootBytes === undefined) {
    throw new ImageError({ code: "truncated", where: "archive", what: "ends before its first block" });
  }
  return { root, blocks, head: readHead(root, rootBytes) };
}

function readHeader(reader: VarintReader): string {
  const { bytes } = reader;
  const foreign = (cause?: unknown): ImageError =>
    new ImageError({ code: "not-an-image", where: "archive", what: "does not begin as an image file does", cause });
  if (bytes.length === 0) throw new ImageError({ code: "not-an-image", where: "archive", what: "is empty" });
  let length: number;
  try {
    length = takeVarint(reader);
  } catch (cause) {
    throw foreign(cause);
  }
  if (length === 0 || length > HEADER_BYTES_MAX) throw foreign();
  const start = reader.at;
  if (bytes.length < start + length) {
    throw new ImageError({ code: "truncated", where: "archive", what: "ends within its header" });
  }
  reader.at += length;
  let header: Field;
  try {
    header = new Field(decodeCbor(bytes.subarray(start, start + length), "header"), "header");
    header.record();
  } catch (cause) {
    throw foreign(cause);
  }
  const { version, roots } = header.map(["version", "roots"]);
  if (version.value !== 1) throw version.fail("is not 1: an image is a CARv1 archive", "not-an-image");
  const links = roots.array(HEADER_BYTES_MAX, "roots");
  if (links.length !== 1) throw roots.fail(`are ${links.length}, an image has one`, "unexpected-block");
  return cidToText(new Field(links[0], "header: root").link("dag-cbor"));
}

function readBlock(reader: VarintReader, hasher: Hasher): { cid: string; bytes: Uint8Array } {
  const { bytes } = reader;
  const start = reader.at;
  const length = takeVarint(reader);
  const end = reader.at + length;
  const where = `archive: block at byte ${start}`;
  if (end > bytes.length) throw new ImageError({ code: "truncated", where, what: "ends in the middle" });
  const codec = length < CID_BYTES ? undefined : codecAt(bytes, reader.at);
  if (codec === undefined) {
    throw new ImageError({ code: "wrong-codec", where, what: "has no name of the kind that images use" });
  }
  const cid = cidToText(bytes.subarray(reader.at, reader.at + CID_BYTES));
  const block = bytes.subarray(reader.at + CID_BYTES, end);
  const hash = hasher(block);
  for (let i = 0; i < hash.length; i++) {
    if (hash[i] !== bytes[reader.at + CID_BYTES - hash.length + i]) {
      throw new ImageError({ code: "wrong-hash", where, what: "its bytes do not have the hash in its name" });
    }
  }
  reader.at = end;
  return { cid, bytes: block };
}

function readHead(root: string, bytes: Uint8Array): Head {
  const whole = new Field(decodeCbor(bytes, "root"), "root");
  assertVersion(whole, MANIFEST_FORMAT, DIFFERENCE_FORMAT);
  if (whole.record().format === MANIFEST_FORMAT) return { root, base: null, patches: [] };
  const fields = new Field(whole.value, "difference").map(["format", "version", "base", "root", "patches"]);
  return {
    root: cidToText(fields.root.link("dag-cbor")),
    base: cidToText(fields.base.link("dag-cbor")),
    patches: fields.patches.list(SAFE_MAX, "patches"),
  };
}

/** Every block must be reached from the root, and stand where a writer would have put it. */
function assertOrder(blocks: ReadonlyMap<string, Uint8Array>, ordered: readonly OrderedBlock[]): void {
  let index = 0;
  for (const cid of blocks.keys()) {
    const expected = ordered[index]?.cid;
    if (cid !== expected) throw unexpected(cid, "belongs to nothing in the image, or stands in the wrong place");
    index += 1;
  }
}

function unexpected(cid: string, what: string): ImageError {
  return new ImageError({ code: "unexpected-block", where: `archive: block ${cid}`, what });
}

function applyPatches(
  patches: readonly Field[],
  init: { base: Base; hasher: Hasher; bytesMax: number },
): Map<string, Uint8Array> {
  const { base, hasher, bytesMax } = init;
  const blocks = new Map<string, Uint8Array>();
  let size = 0;
  for (const field of patches) {
    const [number, patch] = field.array(2, "parts");
    if (!(patch instanceof Uint8Array)) throw field.fail("is not a block's number and a patch");
    const source = new Field(number, field.where);
    const from = number === null ? null : (base.order[source.integer(0, base.order.length - 1)] as string);
    const bytes = applyPatch(from === null ? new Uint8Array() : (base.block(from) as Uint8Array), patch, field.where);
    size += bytes.length;
    if (size > bytesMax) throw field.fail(`makes more than ${bytesMax} bytes together with those before it`, "limit");
    const cid = cidToText(makeCid(from === null ? "raw" : codecOfText(from), hasher(bytes)));
    if (blocks.has(cid)) throw field.fail("makes a block that is there already", "unexpected-block");
    blocks.set(cid, bytes);
  }
  return blocks;
}
