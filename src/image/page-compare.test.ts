/** Comparing with a base by the system's own comparison finds what comparing word by word finds. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { memoryOf, treeWith } from "../../test/support/image-states.ts";
import { nodeHasher } from "../node/hasher.ts";
import { decodeImage, encodeImage, type Hasher, type MemoryState, makeBase } from "./index.ts";
import { PAGE_BYTES, WASM_PAGE_BYTES } from "./limits.ts";

const byWords: Hasher = (bytes) => nodeHasher(bytes);

const WASM_PAGES_MAX = 20;
const BYTES_MAX = WASM_PAGES_MAX * WASM_PAGE_BYTES;
const wasmPages = fc.integer({ min: 0, max: WASM_PAGES_MAX });
const position = fc.nat(BYTES_MAX - 1);
const page = fc.nat(BYTES_MAX / PAGE_BYTES - 1);
/** What pages are filled with, over and over; 0 makes one that is all zeros. */
const pattern = fc.array(fc.nat(3), { minLength: 1, maxLength: 40 });
/** What a program does to its memory; a byte may become what it was. */
const change = fc.oneof(
  { arbitrary: fc.record({ kind: fc.constant("write" as const), at: position, value: fc.nat(3) }), weight: 6 },
  { arbitrary: fc.record({ kind: fc.constant("clear" as const), page }), weight: 2 },
  { arbitrary: fc.record({ kind: fc.constant("copy" as const), page, from: page }), weight: 1 },
);
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

function filledMemory(pages: number, fillings: readonly number[]): MemoryState {
  const bytes = new Uint8Array(pages * WASM_PAGE_BYTES);
  for (let at = 0, n = 0; at < bytes.length; at += PAGE_BYTES, n++) {
    bytes.fill(fillings[n % fillings.length] ?? 0, at, at + PAGE_BYTES);
  }
  return { pages, bytes };
}

function apply(bytes: Uint8Array, one: Change): void {
  // Beyond the end, none of these does anything.
  if (one.kind === "write") bytes.fill(one.value, one.at, one.at + 1);
  else if (one.kind === "clear") bytes.fill(0, one.page * PAGE_BYTES, (one.page + 1) * PAGE_BYTES);
  else bytes.copyWithin(one.page * PAGE_BYTES, one.from * PAGE_BYTES, (one.from + 1) * PAGE_BYTES);
}

/** As it is later, grown or shrunk; only what it still has can have changed. */
function later(memory: MemoryState, pages: number, changes: readonly Change[]): MemoryState {
  const bytes = new Uint8Array(pages * WASM_PAGE_BYTES);
  bytes.set(memory.bytes.subarray(0, bytes.length));
  for (const one of changes) apply(bytes, one);
  return { pages, bytes };
}

it("comes to the same blocks, whatever has changed, grown or shrunk", () => {
  const anyChanges = fc.array(change, { maxLength: 40 });
  fc.assert(
    fc.property(wasmPages, pattern, wasmPages, anyChanges, (pagesBefore, fillings, pages, changes) => {
      const before = filledMemory(pagesBefore, fillings);
      const now = later(before, pages, changes);
      const base = makeBase(encodeImage(treeWith({ memories: [before] }), { hasher: nodeHasher }), {
        hasher: nodeHasher,
      });
      const tree = treeWith({ memories: [now] });
      const fast = encodeImage(tree, { base, hasher: nodeHasher });
      const slow = encodeImage(tree, { base, hasher: byWords });
      expect(fast.root).toBe(slow.root);
      expect([...fast.blocks.keys()]).toEqual([...slow.blocks.keys()]);
      expect(fast.root).toBe(encodeImage(tree, { hasher: nodeHasher }).root);
      const [back] = decodeImage(fast, { base, hasher: nodeHasher }).processes[0]?.machine?.memories ?? [];
      expect(Buffer.compare(back?.bytes ?? new Uint8Array(), now.bytes)).toBe(0);
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
