// Arrays sorted with comparison functions, mapped and reduced.
let seed = 12345;
const random = () => {
  seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
  return seed;
};
const people = Array.from({ length: 6000 }, (_, i) => ({
  id: i,
  age: random() % 90,
  name: (random() % 46656).toString(36),
}));
people.sort((a, b) => a.age - b.age || (a.name < b.name ? -1 : a.name > b.name ? 1 : a.id - b.id));
const numbers = people.map((person) => person.id * 1.5).sort((a, b) => b - a);
const byAge = people.reduce((groups, person) => {
  groups[person.age] ??= [];
  groups[person.age].push(person.id);
  return groups;
}, {});
globalThis.result = Object.values(byAge).reduce(
  (sum, ids, i) => (sum * 31 + ids[0] * i + ids.length) % 1000003,
  numbers[100],
);
