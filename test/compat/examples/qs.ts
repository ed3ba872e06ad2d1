import type { Library } from "../example.ts";

export async function example({ default: qs }: Library): Promise<unknown> {
  return {
    parsed: qs.parse("a=c"),
    nested: qs.parse("foo[bar][baz]=foobarbaz&x[]=1&x[]=2&y[1]=b&y[0]=a"),
    dots: qs.parse("?a.b=c", { allowDots: true, ignoreQueryPrefix: true }),
    hostile: qs.parse("__proto__[x]=1&a[hasOwnProperty]=b"),
    decoded: qs.parse("a=1", { decoder: (text: string) => `<${text}>` }),
    text: qs.stringify({ a: { b: { c: "d" } }, e: ["f g", null, undefined], h: new Date(0) }),
    arrays: ["indices", "brackets", "repeat", "comma"].map((arrayFormat) =>
      qs.stringify({ a: ["b", "c"] }, { arrayFormat, encode: false }),
    ),
    sorted: qs.stringify({ b: 1, a: 2 }, { sort: (x: string, y: string) => x.localeCompare(y) }),
  };
}

export function call({ default: qs }: Library): unknown {
  return qs.parse("a[b]=c&d=e");
}
