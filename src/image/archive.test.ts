import { CarReader } from "@ipld/car";
import * as CarBufferWriter from "@ipld/car/buffer-writer";
import fc from "fast-check";
import { CID } from "multiformats/cid";
import { describe, expect, it } from "vitest";
import { MODULE_BYTES, memoryOf, processOf, treeOf, treeWith } from "../../test/support/image-states.ts";
import { DIFFERENCE_FORMAT } from "./archive.ts";
import { cidToLink, encodeCbor } from "./cbor.ts";
import { cidToText, defaultHasher, makeCid, textToCid } from "./cid.ts";
import {
  bytesToImage,
  decodeImage,
  encodeImage,
  type Image,
  ImageError,
  imageToBytes,
  makeBase,
  moduleCid,
  peekImage,
} from "./index.ts";

interface Block {
  readonly cid: CID;
  readonly bytes: Uint8Array;
}

/** Written by the library, from whatever blocks and roots. */
function writeCar(roots: readonly CID[], blocks: readonly Block[]): Uint8Array {
  const size = blocks.reduce((sum, block) => sum + CarBufferWriter.blockLength(block as never), 0);
  const headerSize = CarBufferWriter.headerLength({ roots: roots as CID[] });
  const writer = CarBufferWriter.createWriter(new ArrayBuffer(size + headerSize), { roots: roots as CID[] });
  for (const block of blocks) writer.write(block as never);
  return writer.close();
}

async function readCar(bytes: Uint8Array): Promise<{ roots: CID[]; blocks: Block[] }> {
  const reader = await CarReader.fromBytes(bytes);
  const blocks: Block[] = [];
  for await (const block of reader.blocks()) blocks.push(block as Block);
  return { roots: (await reader.getRoots()) as CID[], blocks };
}

function cborBlock(value: unknown): Block {
  const bytes = encodeCbor(value, "test");
  return { cid: cidToLink(makeCid("dag-cbor", defaultHasher(bytes))), bytes };
}

function errorOf(run: () => unknown): ImageError {
  try {
    run();
  } catch (error) {
    if (error instanceof ImageError) return error;
    throw error;
  }
  throw new Error("was accepted");
}
const codeOf = (bytes: Uint8Array): string => errorOf(() => decodeImage(bytesToImage(bytes))).code;

const image = encodeImage(treeOf());
const file = imageToBytes(image);
const rootLink = cidToLink(textToCid(image.root));

describe("an image file", () => {
  it("is a CARv1 archive that the library reads: the root first, each block once, all reached from it", async () => {
    const { roots, blocks } = await readCar(file);
    expect(roots.map(String)).toEqual([image.root]);
    expect(String(blocks[0]?.cid)).toBe(image.root);
    expect(blocks.map((block) => String(block.cid)).sort()).toEqual([...image.blocks.keys()].sort());
    for (const { cid, bytes } of blocks) expect(bytes).toEqual(image.blocks.get(String(cid)));
  });

  it("is the same as the library writes", async () => {
    const { roots, blocks } = await readCar(file);
    const written = writeCar(roots, blocks);
    expect(written).toEqual(file);
    expect(bytesToImage(written).root).toBe(image.root);
  });

  it("is the same for the same image, in whichever order its blocks are held", () => {
    const blocks = new Map([...image.blocks].reverse());
    const superset = new Map([...blocks, [moduleCid(new Uint8Array(3)), new Uint8Array(3)]]);
    expect(imageToBytes({ root: image.root, base: null, blocks: superset })).toEqual(file);
  });

  it("tells which image it holds", () => {
    expect(peekImage(file)).toEqual({ root: image.root, base: null });
    const base = makeBase(image);
    const next = encodeImage(treeWith({ globals: [] }), { base });
    expect(peekImage(imageToBytes(next, { base }))).toEqual({ root: next.root, base: image.root });
  });

  it("cut off anywhere is refused", () => {
    for (let length = 0; length < file.length; length++) {
      const { code } = errorOf(() => decodeImage(bytesToImage(file.subarray(0, length))));
      expect(["truncated", "not-an-image", "missing-block"]).toContain(code);
    }
  });

  it("with any bit flipped is refused", () => {
    const small = imageToBytes(encodeImage(treeOf({ processes: [processOf({ machine: null })] })));
    for (let bit = 0; bit < small.length * 8; bit++) {
      const flipped = small.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(errorOf(() => decodeImage(bytesToImage(flipped)))).toBeInstanceOf(ImageError);
    }
  });

  it("of any other bytes is refused", () => {
    const codes = ["not-an-image", "truncated", "bad-field", "wrong-codec", "unexpected-block"];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(codes).toContain(errorOf(() => bytesToImage(bytes)).code);
      }),
    );
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.uint8Array({ maxLength: 8 }), (at, insert) => {
        fc.pre(insert.length > 0);
        const bytes = new Uint8Array([...file.subarray(0, at), ...insert, ...file.subarray(at)]);
        expect(errorOf(() => decodeImage(bytesToImage(bytes)))).toBeInstanceOf(ImageError);
      }),
      { numRuns: 30 },
    );
  });

  it("says in one sentence what is wrong", () => {
    expect(errorOf(() => bytesToImage(file.subarray(0, file.length - 1))).message).toMatch(
      /^archive: block at byte \d+: ends in the middle; fetch the file again, it was cut off$/,
    );
    expect(errorOf(() => bytesToImage(MODULE_BYTES)).message).toMatch(
      /^archive: does not begin as an image file does; give a \.caper file/,
    );
  });
});

describe("an archive with other contents", () => {
  const blocks = [...bytesOf(image)];
  const foreign: Block = { cid: CID.parse(moduleCid(new Uint8Array([9]))), bytes: new Uint8Array([9]) };

  it.each([
    ["two roots", "unexpected-block", writeCar([rootLink, rootLink], blocks)],
    ["no root", "unexpected-block", writeCar([], blocks)],
    ["a raw root", "wrong-codec", writeCar([foreign.cid], [foreign])],
    ["another block first", "unexpected-block", writeCar([rootLink], [...blocks.slice(1), ...blocks.slice(0, 1)])],
    ["no block", "truncated", writeCar([rootLink], [])],
    [
      "blocks out of order",
      "unexpected-block",
      writeCar([rootLink], [blocks[0] as Block, ...blocks.slice(1).reverse()]),
    ],
    ["a block twice", "unexpected-block", writeCar([rootLink], [...blocks, blocks[1] as Block])],
    ["a block that nothing names", "unexpected-block", writeCar([rootLink], [...blocks, foreign])],
    [
      "a block missing",
      "missing-block",
      writeCar(
        [rootLink],
        blocks.filter(({ bytes }) => bytes.length !== 4096),
      ),
    ],
    [
      "a page table missing, so that nothing names its pages",
      "unexpected-block",
      writeCar(
        [rootLink],
        blocks.filter(({ bytes }) => bytes[0] !== 0x90),
      ),
    ],
    ["the root only", "missing-block", writeCar([rootLink], blocks.slice(0, 1))],
    [
      "a block with another's name",
      "wrong-hash",
      writeCar([rootLink], [...blocks.slice(0, -1), { cid: rootLink, bytes: foreign.bytes }]),
    ],
    [
      "a block named by CIDv0",
      "wrong-codec",
      writeCar(
        [rootLink],
        [...blocks, { cid: CID.parse("QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n"), bytes: foreign.bytes }],
      ),
    ],
    ["a root that is not of an image", "not-an-image", writeCarOf(cborBlock({ hello: 1 }))],
    ["a root that is no map", "bad-field", writeCarOf(cborBlock([1]))],
    ["a newer image", "newer-version", writeCarOf(cborBlock({ format: "caper-image", version: 4, wonders: [] }))],
    ["a newer difference", "newer-version", writeCarOf(cborBlock({ format: DIFFERENCE_FORMAT, version: 99 }))],
    ["an image without version", "bad-field", writeCarOf(cborBlock({ format: "caper-image" }))],
    ["an image of version 0", "bad-field", writeCarOf(cborBlock({ format: "caper-image", version: 0 }))],
  ])("is refused: %s", (_, code, bytes) => {
    expect(codeOf(bytes)).toBe(code);
  });

  it("is refused with advice if it is newer", () => {
    const bytes = writeCarOf(cborBlock({ format: "caper-image", version: 4 }));
    expect(errorOf(() => bytesToImage(bytes)).message).toBe(
      "root: was made by a newer Caper: format 4, this one reads 3; update Caper on this machine",
    );
  });

  it("is refused if it is a CARv2", () => {
    expect(
      codeOf(new Uint8Array([0x0a, 0xa1, 0x67, ...new TextEncoder().encode("version"), 0x02, ...new Uint8Array(60)])),
    ).toBe("bad-field");
  });

  it("is refused if a number is written in more bytes than needed", async () => {
    expect(codeOf(new Uint8Array([(file[0] as number) | 0x80, 0, ...file.subarray(1)]))).toBe("not-an-image");
    const header = 1 + (file[0] as number);
    const long = [...file.subarray(0, header), (file[header] as number) | 0x80, (file[header + 1] as number) | 0x80, 0];
    expect(codeOf(new Uint8Array([...long, ...file.subarray(header + 2)]))).toBe("bad-field");
  });
});

function writeCarOf(block: Block): Uint8Array {
  return writeCar([block.cid], [block]);
}

function* bytesOf(source: Image): Generator<Block> {
  for (const { cid, bytes } of orderedOf(source)) yield { cid, bytes };
}

function orderedOf(source: Image): Block[] {
  const again = bytesToImage(imageToBytes(source));
  return [...again.blocks].map(([cid, bytes]) => ({ cid: CID.parse(cid), bytes }));
}

describe("a difference file", () => {
  const filled = memoryOf(2, []);
  for (let i = 0; i < filled.bytes.length; i += 3) filled.bytes[i] = i >> 3;
  const base = makeBase(encodeImage(treeWith({ memories: [filled] })));
  const changed = { pages: 2, bytes: filled.bytes.slice() };
  changed.bytes[70_000] = 1;
  changed.bytes.set(
    new Uint8Array(4096).map((_, index) => index * 7),
    8192,
  );
  const next = encodeImage(treeWith({ memories: [changed] }), { base });
  const nextFile = imageToBytes(next, { base });
  const open = (bytes: Uint8Array, patchedBytesMax?: number): Image =>
    bytesToImage(bytes, { base: () => base, ...(patchedBytesMax === undefined ? {} : { patchedBytesMax }) });

  it("is a CARv1 archive whose root names the image, its base and the patches", async () => {
    const { roots, blocks } = await readCar(nextFile);
    expect(roots).toHaveLength(1);
    const head = blocks[0] as Block;
    expect(String(head.cid)).toBe(String(roots[0]));
    expect(blocks.length).toBeLessThan(next.blocks.size + 1);
    expect(open(nextFile)).toEqual(next);
  });

  it("cut off anywhere, or with any bit flipped, is refused", () => {
    for (let length = 0; length < nextFile.length; length++) {
      const run = (): unknown => decodeImage(open(nextFile.subarray(0, length)), { base });
      expect(["truncated", "not-an-image", "missing-block"]).toContain(errorOf(run).code);
    }
    for (let bit = 0; bit < nextFile.length * 8; bit += 5) {
      const flipped = nextFile.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(errorOf(() => decodeImage(open(flipped), { base }))).toBeInstanceOf(ImageError);
    }
  });

  const head = (parts: object): Uint8Array =>
    writeCarOf(
      cborBlock({
        format: DIFFERENCE_FORMAT,
        version: 1,
        base: cidToLink(textToCid(base.root)),
        root: cidToLink(textToCid(next.root)),
        patches: [],
        ...parts,
      }),
    );
  const grow = new Uint8Array([0x80, 0x20]);
  it.each([
    ["an unknown field", "bad-field", { more: 1 }],
    ["a raw root", "wrong-codec", { root: cidToLink(makeCid("raw", new Uint8Array(32))) }],
    ["a base by name", "bad-field", { base: base.root }],
    ["another base", "needs-base", { base: cidToLink(textToCid(next.root)) }],
    ["no patches", "missing-block", {}],
    ["a patch that is no list", "bad-field", { patches: [1] }],
    ["a patch of one part", "bad-field", { patches: [[1]] }],
    ["a patch of three parts", "limit", { patches: [[1, grow, 1]] }],
    ["a patch of a block that the base lacks", "bad-field", { patches: [[base.order.length, grow]] }],
    ["a patch of a negative number", "bad-field", { patches: [[-1, grow]] }],
    ["a patch that makes nothing of the image", "unexpected-block", { patches: [[null, grow]] }],
    [
      "a patch twice",
      "unexpected-block",
      {
        patches: [
          [null, grow],
          [null, grow],
        ],
      },
    ],
    ["a patch that is no patch", "truncated", { patches: [[null, new Uint8Array()]] }],
  ])("is refused: %s", (_, code, parts) => {
    expect(errorOf(() => decodeImage(open(head(parts)), { base })).code).toBe(code);
  });

  it("is refused where its patches make too much", () => {
    const made = [...next.blocks.values()].reduce((sum, block) => sum + block.length, 0);
    expect(open(nextFile, made).root).toBe(next.root);
    const patches = 4096;
    expect(errorOf(() => open(nextFile, patches)).code).toBe("limit");
    const exact = head({ patches: [[null, new Uint8Array([0x80, 0x20])]] });
    expect(errorOf(() => open(exact, 4096)).code).toBe("unexpected-block");
    expect(errorOf(() => open(exact, 4095)).code).toBe("limit");
  });

  it("keeps the blocks that it names by hash from a forger", () => {
    const forged = new Map(next.blocks);
    for (const [cid, bytes] of next.blocks) if (bytes.length === 4096) forged.set(cid, new Uint8Array(4096).fill(1));
    const run = (): unknown => decodeImage({ root: next.root, base: next.base, blocks: forged }, { base });
    expect(errorOf(run).code).toBe("wrong-hash");
    expect(cidToText(textToCid(next.root))).toBe(next.root);
  });
});
