// JSON written and read back, with nested objects and arrays.
const make = (depth, seed) =>
  depth === 0
    ? {
        id: seed,
        name: `item ${seed}`,
        ratio: seed / 7,
        tags: ["a", "b", String(seed)],
        ok: seed % 2 === 0,
        none: null,
      }
    : { depth, left: make(depth - 1, seed * 2), right: make(depth - 1, seed * 2 + 1) };
let total = 0;
for (let round = 0; round < 3; round++) {
  const text = JSON.stringify(make(9, round + 1));
  const value = JSON.parse(text, (key, item) => (key === "id" ? item + 1 : item));
  total += text.length + JSON.stringify(value, null, 2).length;
}
globalThis.result = total;
