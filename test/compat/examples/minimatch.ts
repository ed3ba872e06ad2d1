import type { Library } from "../example.ts";

export async function example({ minimatch, Minimatch, braceExpand, ...others }: Library): Promise<unknown> {
  const one = new Minimatch("src/**/*.{ts,js}", { dot: true });
  return {
    plain: [minimatch("bar.foo", "*.foo"), minimatch("bar.foo", "*.bar"), minimatch("bar.foo", "*.+(bar|foo)")],
    deep: ["src/a.ts", "src/b/c.js", "lib/a.ts", "src/.x/y.ts"].map((path) => one.match(path)),
    braces: braceExpand("a{b,c{1..3}}"),
    filtered: ["a.js", "b.css"].filter(others.filter("*.js", { matchBase: true })),
    parts: one.set.length,
    negated: minimatch("a.md", "!*.md"),
    escaped: others.escape("a*b"),
  };
}

export function call({ minimatch }: Library): unknown {
  return minimatch("bar.foo", "*.foo");
}
