import type { Library } from "../example.ts";

export async function example({ default: _ }: Library): Promise<unknown> {
  const users = [
    { user: "barney", age: 36, active: true },
    { user: "fred", age: 40, active: false },
    { user: "pebbles", age: 1, active: true },
  ];
  const counted = _.after(2, () => "saved");
  const template = _.template("hello <%= user %>! <% _.forEach(list, function (x) { %><li><%- x %></li><% }) %>");
  const memoized = _.memoize((n: number) => n * n);
  return {
    partition: _.partition([1, 2, 3, 4], (n: number) => n % 2),
    defaults: _.defaults({ a: 1 }, { a: 3, b: 2 }),
    chunk: _.chunk(["a", "b", "c", "d"], 3),
    sortBy: _.sortBy(users, ["age", "user"]),
    orderBy: _.orderBy(users, ["active", "age"], ["asc", "desc"]),
    groupBy: _.groupBy([6.1, 4.2, 6.3], Math.floor),
    find: _.find(users, { age: 1, active: true }),
    merge: _.merge({ a: [{ b: 2 }, { d: 4 }] }, { a: [{ c: 3 }, { e: 5 }] }),
    get: _.get({ a: [{ b: { c: 3 } }] }, "a[0].b.c"),
    set: _.set({ a: [{ b: { c: 3 } }] }, ["x", "0", "y", "z"], 5),
    camel: _.camelCase("--foo-bar--"),
    kebab: _.kebabCase("fooBar"),
    words: _.words("fred, barney, & pebbles"),
    equal: _.isEqual({ a: [1, new Date(0)] }, { a: [1, new Date(0)] }),
    clone: _.cloneDeep({ a: new Map([["x", { y: 1 }]]), s: new Set([1]) }),
    chain: _(users).filter("active").map("user").value(),
    counted: [counted(), counted()],
    template: template({ user: "<fred>", list: ["<a>", "b"] }),
    memoized: [memoized(4), memoized(4), memoized.cache.has(4)],
    flow: _.flow([(a: number, b: number) => a + b, (n: number) => n * n])(1, 2),
    range: _.range(0, 20, 5),
    debounce: typeof _.debounce,
  };
}

export function call({ default: _ }: Library): unknown {
  return _.camelCase("foo bar");
}
