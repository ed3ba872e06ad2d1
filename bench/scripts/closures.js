// Functions that make functions, generators, destructuring, spread, exceptions.
const compose =
  (...functions) =>
  (value) =>
    functions.reduce((result, f) => f(result), value);
const counter = (step) => {
  let count = 0;
  return { next: () => (count += step), reset: () => (count = 0) };
};
function* range(from, to) {
  for (let i = from; i < to; i++) yield i;
}
const steps = compose(
  (x) => x + 1,
  (x) => x * 3,
  (x) => x % 1009,
  (x) => x ^ 5,
);
const counters = Array.from({ length: 50 }, (_, i) => counter(i + 1));
let total = 0;
for (const i of range(0, 40000)) {
  const { next, ...rest } = counters[i % counters.length];
  total += steps(i) + next();
  if (i % 1000 === 999) rest.reset();
  try {
    if (i % 50 === 0) throw new RangeError(`no ${i}`);
  } catch (error) {
    total += error.message.length;
  }
}
const memo = new Map();
const ways = (n) => {
  if (n < 2) return 1n;
  if (!memo.has(n)) memo.set(n, ways(n - 1) + ways(n - 2));
  return memo.get(n);
};
globalThis.result = total + Number(ways(300) % 1000003n);
