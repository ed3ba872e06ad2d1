/**
 * An image as content-addressed blocks with one root. An `Image` from this layer's functions is known to be what its names
 * say; one from elsewhere is hashed before it is used.
 * @module
 */

import { decodeCbor, scanCbor } from "./cbor.ts";
import { type Codec, cidToText, codecOfText, defaultHasher, type Hasher, makeCid, textToCid } from "./cid.ts";
import { ImageError } from "./errors.ts";

export interface Image {
  /** CID of the manifest. It depends on the state only, never on what is left out. Equal roots: equal processes. */
  readonly root: string;
  /** Root of the base image whose blocks are left out here, or null. */
  readonly base: string | null;
  /** By CID. May hold more than the root reaches. The bytes must not be changed. */
  readonly blocks: ReadonlyMap<string, Uint8Array>;
}

/** Where blocks are found; undefined if it has none by that name. */
export type BlockSource = (cid: string) => Uint8Array | undefined;

const verified = new WeakSet<Image>();

/** For blocks whose names were computed or checked by the caller. */
export function makeVerifiedImage(init: Image): Image {
  const image = Object.freeze({ root: init.root, base: init.base, blocks: init.blocks });
  verified.add(image);
  return image;
}

/** Hashes every block, unless this very object is known to be right. */
export function verifyImage(image: Image, hasher: Hasher = defaultHasher): Image {
  if (verified.has(image)) return image;
  if (codecOfText(image.root) !== "dag-cbor") throw wrongRoot(image.root);
  textToCid(image.root);
  if (image.base !== null) textToCid(image.base);
  for (const [cid, bytes] of image.blocks) assertHash({ cid, bytes, hasher, where: `block ${cid}` });
  return makeVerifiedImage(image);
}

/** An image from blocks that came from elsewhere: a store, a peer. Each is hashed. */
export function blocksToImage(init: Image, hasher: Hasher = defaultHasher): Image {
  return verifyImage({ root: init.root, base: init.base, blocks: new Map(init.blocks) }, hasher);
}

function wrongRoot(root: string): ImageError {
  return new ImageError({ code: "wrong-codec", where: "root", what: `${root} does not name a dag-cbor block` });
}

export function assertHash(init: { cid: string; bytes: Uint8Array; hasher: Hasher; where: string }): void {
  const codec: Codec = codecOfText(init.cid);
  if (cidToText(makeCid(codec, init.hasher(init.bytes))) !== init.cid) {
    throw new ImageError({ code: "wrong-hash", where: init.where, what: "its bytes do not have the hash in its name" });
  }
}

export interface OrderedBlock {
  readonly cid: string;
  readonly cidBytes: Uint8Array;
  readonly bytes: Uint8Array;
}

/**
 * The blocks that the root reaches, each once, depth first, links in the order of their bytes. Names that `source` does not
 * know are stepped over. This is the order of a canonical archive, and the one `ipfs dag export` uses.
 */
export function orderBlocks(root: string, source: BlockSource): OrderedBlock[] {
  const ordered: OrderedBlock[] = [];
  const seen = new Set<string>();
  // An explicit stack: images that hold images that hold images must not overflow ours.
  const stack: Uint8Array[] = [textToCid(root)];
  for (let cidBytes = stack.pop(); cidBytes !== undefined; cidBytes = stack.pop()) {
    const cid = cidToText(cidBytes);
    if (seen.has(cid)) continue;
    seen.add(cid);
    const bytes = source(cid);
    if (bytes === undefined) continue;
    ordered.push({ cid, cidBytes, bytes });
    if (codecOfText(cid) !== "dag-cbor") continue;
    const links = scanCbor(bytes, `block ${cid}`);
    for (let i = links.length - 1; i >= 0; i--) stack.push(links[i] as Uint8Array);
  }
  return ordered;
}

/** The blocks of `image` that are not there yet, in canonical order: what a sender has to send. */
export function missingBlocks(have: (cid: string) => boolean, image: Image): string[] {
  const missing: string[] = [];
  for (const { cid } of orderBlocks(image.root, (cid) => image.blocks.get(cid))) if (!have(cid)) missing.push(cid);
  return missing;
}

/** A block that must be there. */
export function requireBlock(source: BlockSource, cidBytes: Uint8Array, where: string): Uint8Array {
  const cid = cidToText(cidBytes);
  const bytes = source(cid);
  if (bytes === undefined) throw new ImageError({ code: "missing-block", where, what: `block ${cid} is missing` });
  return bytes;
}

/** A dag-cbor block that must be there, decoded. */
export function requireCbor(source: BlockSource, cidBytes: Uint8Array, where: string): unknown {
  return decodeCbor(requireBlock(source, cidBytes, where), where);
}
