/**
 * What an image has beyond its base: whole blocks that the base lacks, and, when it is written to a file, patches of the base's
 * blocks. The state's root stays the same in every form.
 * @module
 */

import type { Base, BaseProcess } from "./base.ts";
import { type Image, makeVerifiedImage, orderBlocks, requireBlock, verifyImage } from "./blocks.ts";
import { equalBytes, lookAtCbor } from "./cbor.ts";
import { cidToText, type Hasher, makeCid, textToCid } from "./cid.ts";
import { needsBase } from "./decode.ts";
import { Field } from "./fields.ts";
import { PAGE_BYTES } from "./limits.ts";
import { type ProcessBlock, readManifest, readProcess } from "./manifest.ts";
import { tryPageTable } from "./page-table.ts";
import { makePatch } from "./patch.ts";

/** The same image without the blocks that the base has. */
export function diffImages(base: Base, image: Image, hasher?: Hasher): Image {
  verifyImage(image, hasher);
  if (image.base !== null && image.base !== base.root) throw needsBase(image);
  const blocks = new Map<string, Uint8Array>();
  for (const { cid, bytes } of orderBlocks(image.root, (cid) => (base.has(cid) ? undefined : image.blocks.get(cid)))) {
    blocks.set(cid, bytes);
  }
  const root = image.blocks.get(image.root) ?? base.block(image.root);
  if (root !== undefined) blocks.set(image.root, root);
  return makeVerifiedImage({ root: image.root, base: base.root, blocks });
}

/** The same image with the blocks that it took from its base, so that it stands alone. */
export function completeImage(image: Image, base: Base, hasher?: Hasher): Image {
  verifyImage(image, hasher);
  if (image.base !== null && image.base !== base.root) throw needsBase(image);
  const find = (cid: string): Uint8Array | undefined => image.blocks.get(cid) ?? base.block(cid);
  const blocks = new Map(orderBlocks(image.root, find).map(({ cid, bytes }) => [cid, bytes]));
  return makeVerifiedImage({ root: image.root, base: null, blocks });
}

/** The block at `source` in the base's order (null: a page of zeros), changed by `bytes`. */
export interface Patch {
  readonly source: number | null;
  readonly bytes: Uint8Array;
}

/** For each block of a difference the patch that makes it, where one is smaller than the block. */
export function makePatches(base: Base, image: Image): ReadonlyMap<string, Patch> {
  const pairs = pairBlocks(base, image);
  const patches = new Map<string, Patch>();
  for (const [cid, bytes] of image.blocks) {
    if (base.has(cid)) continue;
    const partner = pairs.get(cid);
    const source = partner === undefined ? undefined : base.numberOf(partner);
    const partnerBytes = partner === undefined ? undefined : base.block(partner);
    if (source !== undefined && partnerBytes !== undefined)
      keepSmaller(patches, { cid, bytes, source, from: partnerBytes });
    else if (bytes.length === PAGE_BYTES && cid.startsWith("bafk")) {
      keepSmaller(patches, { cid, bytes, source: null, from: new Uint8Array() });
    }
  }
  return patches;
}

function keepSmaller(
  patches: Map<string, Patch>,
  init: { cid: string; bytes: Uint8Array; source: number | null; from: Uint8Array },
): void {
  const patch = makePatch(init.from, init.bytes);
  if (patch !== undefined) patches.set(init.cid, { source: init.source, bytes: patch });
}

/** Which block of the base stands where a block of the image stands. A wrong guess only costs bytes. */
function pairBlocks(base: Base, image: Image): Map<string, string> {
  const pairs = new Map<string, string>();
  const find = (cid: string): Uint8Array | undefined => image.blocks.get(cid) ?? base.block(cid);
  const pair = (cid: Uint8Array | null | undefined, baseCid: Uint8Array | null | undefined): void => {
    if (cid && baseCid) pairs.set(cidToText(cid), cidToText(baseCid));
  };
  const root = textToCid(image.root);
  pair(root, textToCid(base.root));
  const manifest = readManifest(lookAtCbor(requireBlock(find, root, "manifest"), "manifest"));
  for (const [index, cid] of manifest.processes.entries()) {
    const block = readProcess(new Field(lookAtCbor(requireBlock(find, cid, "process"), "process"), "process"));
    const module = manifest.modules[block.module];
    const partner = module && base.partner({ index, module: cidToText(module) });
    if (partner === undefined) continue;
    pair(cid, partner.cid);
    pairProcess(block, partner, { base, pair, find });
  }
  return pairs;
}

interface Pairing {
  readonly base: Base;
  pair(cid: Uint8Array | null | undefined, baseCid: Uint8Array | null | undefined): void;
  find(cid: string): Uint8Array | undefined;
}

function pairProcess(block: ProcessBlock, partner: BaseProcess, pairing: Pairing): void {
  const { base, pair, find } = pairing;
  const other = partner.block;
  const pairLists = (list: readonly Uint8Array[], baseList: readonly Uint8Array[] | undefined): void => {
    for (const [index, cid] of list.entries()) pair(cid, baseList?.[index]);
  };
  pair(block.guestState, other.guestState);
  pairLists(block.clist.chunks, other.clist.chunks);
  pairLists(block.machine?.frames.chunks ?? [], other.machine?.frames.chunks);
  for (const [index, table] of (block.machine?.tables ?? []).entries()) {
    pairLists(table.chunks, other.machine?.tables[index]?.chunks);
  }
  for (const [index, memory] of (block.machine?.memories ?? []).entries()) {
    for (const [at, cid] of memory.tables.entries()) {
      const baseTable = partner.memories[index]?.tables[at];
      if (cid === null || baseTable === undefined || base.has(cidToText(cid))) continue;
      pair(cid, baseTable.cid);
      const hashes = tryPageTable(find(cidToText(cid)) ?? new Uint8Array()) ?? [];
      for (const [page, hash] of hashes.entries()) {
        const baseHash = baseTable.hashes[page];
        if (hash && baseHash && !equalBytes(hash, baseHash)) pair(makeCid("raw", hash), makeCid("raw", baseHash));
      }
    }
  }
}
