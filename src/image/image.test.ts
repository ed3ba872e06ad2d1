import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  anyTree,
  MODULE_BYTES,
  machineOf,
  memoryOf,
  processOf,
  treeOf,
  treeWith,
} from "../../test/support/image-states.ts";
import { ZERO_PAGE_CID } from "./decode.ts";
import {
  blocksToImage,
  bytesToImage,
  completeImage,
  copyMemory,
  decodeImage,
  diffImages,
  encodeImage,
  type Image,
  imageToBytes,
  type MachineState,
  type MemoryState,
  makeBase,
  missingBlocks,
  moduleCid,
  type ProcessState,
  type TreeState,
} from "./index.ts";

const nodeHasher = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash("sha256").update(bytes).digest());

/** A memory of `pages` in which every 4 KiB page differs from every other. */
function filledMemory(pages: number, seed = 1): MachineState["memories"][number] {
  const { bytes } = memoryOf(pages, []);
  const words = new Uint32Array(bytes.buffer);
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i + seed, 2654435761);
  return { pages, bytes };
}

/** vitest's own comparison takes seconds for a few megabytes. */
function expectSame(actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual).toStrictEqual(expected);
}

function memoryBytes(tree: TreeState, process = 0): Uint8Array {
  return tree.processes[process]?.machine?.memories[0]?.bytes as Uint8Array;
}

describe("an image", () => {
  it("comes back as the state that it was made of, also through a file", () => {
    fc.assert(
      fc.property(anyTree, (tree) => {
        const image = encodeImage(tree);
        expectSame(decodeImage(image), tree);
        const bytes = imageToBytes(image);
        const again = bytesToImage(bytes);
        expect(again.root).toBe(image.root);
        expectSame(decodeImage(again), tree);
        expectSame(imageToBytes(encodeImage(decodeImage(again))), bytes);
      }),
      { numRuns: 40 },
    );
  });

  it("comes back through a difference against any other image, with the same root", () => {
    fc.assert(
      fc.property(anyTree, anyTree, (baseTree, tree) => {
        const base = makeBase(encodeImage(baseTree));
        const alone = encodeImage(tree);
        const image = encodeImage(tree, { base });
        expect(image.root).toBe(alone.root);
        expect(image.base).toBe(base.root);
        expectSame(decodeImage(image, { base }), tree);
        for (const bytes of [imageToBytes(image, { base }), imageToBytes(image)]) {
          const again = bytesToImage(bytes, { base: () => base });
          expect([...again.blocks.keys()].sort()).toEqual([...diffImages(base, alone).blocks.keys()].sort());
          expectSame(decodeImage(again, { base }), tree);
        }
        expectSame(imageToBytes(completeImage(image, base)), imageToBytes(alone));
      }),
      { numRuns: 20 },
    );
  });

  it("has a root that depends on the state alone", () => {
    const tree = treeOf();
    const { root } = encodeImage(tree);
    expect(encodeImage(tree, { hasher: nodeHasher }).root).toBe(root);
    expect(encodeImage(tree, { withModule: false }).root).toBe(root);
    expect(encodeImage(tree, { base: makeBase(encodeImage(tree)) }).root).toBe(root);
    const changes: TreeState[] = [
      treeOf({ gasSchedule: 2 }),
      treeOf({ kernel: null }),
      treeWith({ globals: [] }),
      treeWith({ counters: {} }),
      treeWith({ memories: [memoryOf(1, [[5, 8]])] }),
      treeWith({
        memories: [
          memoryOf(2, [
            [5, 7],
            [4096, 1],
            [65535, 255],
          ]),
        ],
      }),
      treeOf({ processes: [processOf({ clist: [] })] }),
      treeOf({ processes: [processOf(), processOf({ parent: 0 })] }),
    ];
    expect(new Set([root, ...changes.map((change) => encodeImage(change).root)]).size).toBe(changes.length + 1);
  });

  it("does not depend on the order of keys", () => {
    const one = treeOf({ kernel: { a: 1, bb: 2 } });
    const other = treeOf({ kernel: { bb: 2, a: 1 } });
    expect(encodeImage(other).root).toBe(encodeImage(one).root);
  });

  it("keeps i32 and i64, f32 and f64 apart", () => {
    const values = [5, 5n, -1, -1n, 0xffffffff, 0xffffffffffffffffn, 0n, 0, 2n ** 53n, 2n ** 53n + 1n, -(2n ** 63n)];
    const { processes } = decodeImage(encodeImage(treeWith({ globals: values })));
    expect(processes[0]?.machine?.globals).toStrictEqual(values);
  });

  it("reads the memory of a live process and keeps none of it", () => {
    const tree = treeOf();
    const image = encodeImage(tree);
    const expected = memoryBytes(tree).slice();
    memoryBytes(tree).fill(1);
    expectSame(memoryBytes(decodeImage(image)), expected);
  });

  it("reads memory that does not begin at a multiple of four", () => {
    const { bytes } = filledMemory(1);
    const shifted = new Uint8Array(bytes.length + 3).subarray(3);
    shifted.set(bytes);
    const root = encodeImage(treeWith({ memories: [{ pages: 1, bytes }] })).root;
    expect(encodeImage(treeWith({ memories: [{ pages: 1, bytes: shifted }] })).root).toBe(root);
  });
});

describe("memory in an image", () => {
  it("is stored by pages of 4 KiB, without those that are zeros", () => {
    const image = encodeImage(
      treeWith({
        memories: [
          memoryOf(100, [
            [0, 1],
            [70 * 65536, 2],
          ]),
        ],
      }),
      { withModule: false },
    );
    const pages = [...image.blocks.values()].filter((block) => block.length === 4096);
    expect(pages).toHaveLength(2);
    expect(moduleCid(new Uint8Array(4096))).toBe(ZERO_PAGE_CID);
    expect(image.blocks.has(ZERO_PAGE_CID)).toBe(false);
    const empty = encodeImage(treeWith({ memories: [memoryOf(1000, [])] }));
    expect(imageToBytes(empty).length).toBeLessThan(2500);
  });

  it("that equals the base's is not stored again, and a changed page changes one page table", () => {
    const memory = filledMemory(64);
    const base = makeBase(encodeImage(treeWith({ memories: [memory] })));
    const changed = { pages: 64, bytes: memory.bytes.slice() };
    changed.bytes[3 << 20] = 99;
    const image = encodeImage(treeWith({ memories: [changed] }), { base });
    // Page, page table, process, manifest.
    expect(image.blocks.size).toBe(4);
    expect(image.root).toBe(encodeImage(treeWith({ memories: [changed] })).root);
    const file = imageToBytes(image, { base });
    expect(file.length).toBeLessThan(700);
    const back = decodeImage(bytesToImage(file, { base: () => base }), { base });
    expectSame(memoryBytes(back), changed.bytes);
  });

  it.each([
    ["grown", 40],
    ["smaller", 16],
    ["not a whole page table", 17],
    ["empty", 0],
  ])("is right where it is %s against its base", (_, pages) => {
    const base = makeBase(encodeImage(treeWith({ memories: [filledMemory(32)] })));
    const tree = treeWith({ memories: [filledMemory(pages)] });
    const image = encodeImage(tree, { base });
    expect(image.root).toBe(encodeImage(tree).root);
    const back = bytesToImage(imageToBytes(image, { base }), { base: () => base });
    expectSame(decodeImage(back, { base }), tree);
  });

  it("is right where pages of the base became zeros and zeros became pages", () => {
    const base = makeBase(
      encodeImage(
        treeWith({
          memories: [
            memoryOf(32, [
              [0, 1],
              [1 << 20, 1],
            ]),
          ],
        }),
      ),
    );
    const tree = treeWith({
      memories: [
        memoryOf(32, [
          [8192, 1],
          [(1 << 20) + 4096, 1],
        ]),
      ],
    });
    const image = encodeImage(tree, { base });
    expect(image.root).toBe(encodeImage(tree).root);
    expectSame(decodeImage(bytesToImage(imageToBytes(image, { base }), { base: () => base }), { base }), tree);
  });

  it("is copied to where the reader wants it, before it has been put together and after", () => {
    const tree = treeWith({
      memories: [
        memoryOf(32, [
          [5, 7],
          [4096, 1],
          [12288, 2],
          [(1 << 20) + 4096, 3],
        ]),
      ],
    });
    const wanted = memoryBytes(tree);
    const base = makeBase(encodeImage(treeWith({ memories: [memoryOf(32, [[5, 7]])] })));
    for (const decoded of [decodeImage(encodeImage(tree)), decodeImage(encodeImage(tree, { base }), { base })]) {
      const memory = decoded.processes[0]?.machine?.memories[0] as MemoryState;
      const early = new Uint8Array(32 << 16);
      expect(copyMemory(memory, early)).toBe(true);
      expect(isDeepStrictEqual(early, wanted)).toBe(true);
      expect(isDeepStrictEqual(memory.bytes, wanted)).toBe(true);
      expect(memory.bytes).toBe(memory.bytes);
      memory.bytes[9] = 1;
      const late = new Uint8Array(32 << 16);
      expect(copyMemory(memory, late)).toBe(true);
      expect(isDeepStrictEqual(late, wanted.with(9, 1))).toBe(true);
      expect(copyMemory(memory, new Uint8Array(31 << 16))).toBe(false);
    }
    expect(
      copyMemory(decodeImage(encodeImage(tree)).processes[0]?.machine?.memories[0] as MemoryState, new Uint8Array(1)),
    ).toBe(false);
  });
});

describe("a tree of processes", () => {
  const images = (inner: Image): TreeState =>
    treeOf({ images: [inner], processes: [processOf({ clist: [{ image: 0 }] })] });

  it("shares modules, and each process is compared with its partner in the base", () => {
    const memory = filledMemory(16);
    const process = (parent: number): ProcessState => processOf({ parent, machine: machineOf({ memories: [memory] }) });
    const base = makeBase(encodeImage(treeOf({ processes: [process(-1)] })));
    const tree = treeOf({ processes: [process(-1), process(0), process(0)] });
    const image = encodeImage(tree, { base });
    expect(image.blocks.size).toBe(2);
    expectSame(decodeImage(image, { base }), tree);
  });

  it("holds images as values, also deep, and gives them back whole", () => {
    const inner = encodeImage(treeWith({ memories: [filledMemory(1)] }));
    const middle = encodeImage(images(inner));
    const outer = bytesToImage(imageToBytes(encodeImage(images(middle))));
    const held = decodeImage(outer).images[0] as Image;
    expect(held.root).toBe(middle.root);
    expectSame(imageToBytes(held), imageToBytes(middle));
    expectSame(imageToBytes(decodeImage(held).images[0] as Image), imageToBytes(inner));
  });

  it("holds images that are differences against the same base only", () => {
    const tree = treeWith({ memories: [filledMemory(1)] });
    const base = makeBase(encodeImage(tree));
    const inner = encodeImage(treeWith({ globals: [], memories: [filledMemory(1)] }), { base });
    const outer = bytesToImage(imageToBytes(encodeImage(images(inner), { base }), { base }), { base: () => base });
    const held = decodeImage(outer, { base }).images[0] as Image;
    expectSame(decodeImage(held, { base }), decodeImage(inner, { base }));
    expect(() => encodeImage(images(inner))).toThrow(expect.objectContaining({ code: "needs-base" }));
  });

  it("may be made of modules that the receiver has", () => {
    const bytes = imageToBytes(encodeImage(treeOf(), { withModule: false }));
    expect(decodeImage(bytesToImage(bytes)).modules).toEqual([{ cid: moduleCid(MODULE_BYTES), bytes: undefined }]);
  });
});

describe("differences", () => {
  const tree = treeWith({ memories: [filledMemory(4)] });
  const next = treeWith({ memories: [filledMemory(4)], globals: [1] });

  it("can be made later, completed, and stand on one another", () => {
    const first = makeBase(encodeImage(tree));
    const second = diffImages(first, encodeImage(next));
    expect(second.blocks.size).toBe(2);
    expectSame(imageToBytes(completeImage(second, first)), imageToBytes(encodeImage(next)));
    const chained = makeBase(second, { base: first });
    const third = encodeImage(treeWith({ memories: [filledMemory(4, 2)] }), { base: chained });
    const file = imageToBytes(third, { base: chained });
    expectSame(
      decodeImage(bytesToImage(file, { base: () => chained }), { base: chained }),
      treeWith({ memories: [filledMemory(4, 2)] }),
    );
  });

  it("of an image to itself hold its root only", () => {
    const base = makeBase(encodeImage(tree));
    const image = encodeImage(tree, { base });
    expect([...image.blocks.keys()]).toEqual([base.root]);
    const file = imageToBytes(image, { base });
    const back = bytesToImage(file, { base: () => base });
    expectSame(decodeImage(back, { base }), tree);
    expect([...back.blocks.keys()]).toEqual([base.root]);
  });

  it("need their base, and no other", () => {
    const base = makeBase(encodeImage(tree));
    const other = makeBase(encodeImage(next));
    const image = encodeImage(next, { base });
    const needsBase = expect.objectContaining({ code: "needs-base" });
    expect(() => decodeImage(image)).toThrow(needsBase);
    expect(() => decodeImage(image, { base: other })).toThrow(needsBase);
    expect(() => imageToBytes(image, { base: other })).toThrow(needsBase);
    expect(() => completeImage(image, other)).toThrow(needsBase);
    expect(() => bytesToImage(imageToBytes(image, { base }))).toThrow(needsBase);
    expect(() => bytesToImage(imageToBytes(image, { base }), { base: () => other })).toThrow(needsBase);
  });

  it("can be asked for block by block, and put together from blocks", () => {
    const have = encodeImage(tree);
    const image = encodeImage(next);
    const wanted = missingBlocks((cid) => have.blocks.has(cid), image);
    expect(wanted[0]).toBe(image.root);
    expect(wanted).toHaveLength(2);
    const blocks = new Map([
      ...have.blocks,
      ...wanted.map((cid) => [cid, image.blocks.get(cid) as Uint8Array] as const),
    ]);
    expectSame(decodeImage(blocksToImage({ root: image.root, base: null, blocks })), next);
  });
});
