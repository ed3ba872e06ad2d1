// Maps, sets and objects as dictionaries.
const map = new Map();
const set = new Set();
const counts = {};
let seed = 99;
for (let i = 0; i < 15000; i++) {
  seed = (Math.imul(seed, 69069) + 1) >>> 0;
  const key = seed % 2000;
  map.set(key, (map.get(key) ?? 0) + 1);
  set.add(`k${key % 777}`);
  counts[`c${key % 300}`] = (counts[`c${key % 300}`] ?? 0) + 1;
  if (i % 7 === 0) map.delete((key * 3) % 2000);
}
let total = map.size + set.size;
for (const [key, value] of map) total = (total + key * value) % 1000003;
for (const name of Object.keys(counts).sort()) total = (total * 7 + counts[name]) % 1000003;
globalThis.result = total + [...set].filter((name) => name.endsWith("7")).length;
