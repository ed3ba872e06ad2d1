/** Comparing with a base by the system's own comparison finds what comparing word by word finds. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { memoryOf, treeWith } from "../../test/support/image-states.ts";
import { nodeHasher } from "../node/hasher.ts";
import { encodeImage, type Hasher, makeBase } from "./index.ts";
import { PAGE_BYTES, WASM_PAGE_BYTES } from "./limits.ts";

const byWords: Hasher = (bytes) => nodeHasher(bytes);

const pages = fc.integer({ min: 0, max: 20 });
/** Bytes that are not zeros: where they stand, and what they are. */
const marks = fc.array(fc.tuple(fc.nat(20 * WASM_PAGE_BYTES - 1), fc.integer({ min: 1, max: 3 })), { maxLength: 40 });

it("comes to the same blocks, whatever has changed, grown or shrunk", () => {
  fc.assert(
    fc.property(pages, marks, pages, marks, (basePages, baseMarks, countNow, changes) => {
      const inside = (count: number, all: readonly (readonly [number, number])[]) =>
        all.filter(([at]) => at < count * WASM_PAGE_BYTES).map(([at, value]): [number, number] => [at, value]);
      const base = makeBase(
        encodeImage(treeWith({ memories: [memoryOf(basePages, inside(basePages, baseMarks))] }), {
          hasher: nodeHasher,
        }),
        { hasher: nodeHasher },
      );
      const tree = treeWith({ memories: [memoryOf(countNow, inside(countNow, [...baseMarks, ...changes]))] });
      const [fast, slow] = [nodeHasher, byWords].map((hasher) => encodeImage(tree, { base, hasher }));
      expect(fast?.root).toBe(slow?.root);
      expect([...(fast?.blocks.keys() ?? [])]).toEqual([...(slow?.blocks.keys() ?? [])]);
      expect(fast?.root).toBe(encodeImage(tree, { hasher: nodeHasher }).root);
    }),
  );
});

it("compares few times where little has changed", () => {
  let compared = 0;
  const counting: Hasher = Object.assign((bytes: Uint8Array) => nodeHasher(bytes), {
    same(a: Uint8Array, b: Uint8Array) {
      compared += 1;
      return nodeHasher.same?.(a, b) === true;
    },
  });
  const memory = memoryOf(64, [[5, 1]]);
  const base = makeBase(encodeImage(treeWith({ memories: [memory] })));
  const changed = memoryOf(64, [
    [5, 1],
    [PAGE_BYTES * 500, 2],
  ]);
  encodeImage(treeWith({ memories: [changed] }), { base, hasher: counting });
  // Of 1024 pages: the groups, and the pages of the one that has changed.
  expect(compared).toBe(64 + 16);
});
