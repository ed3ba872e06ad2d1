import type { Library } from "../example.ts";

export async function example({ default: he }: Library): Promise<unknown> {
  let thrown: unknown;
  try {
    he.decode("foo&ampbar", { isAttributeValue: false, strict: true });
  } catch (error) {
    thrown = (error as Error).message;
  }
  return {
    encoded: he.encode("foo © bar ≠ baz 𝌆 qux"),
    named: he.encode("foo © bar ≠ baz 𝌆 qux", { useNamedReferences: true }),
    decimal: he.encode("foo © bar", { decimal: true, encodeEverything: true }),
    decoded: he.decode("foo &copy; bar &ne; baz &#x1D306; qux"),
    attribute: he.decode("foo&ampbar", { isAttributeValue: true }),
    escaped: he.escape("<img src='x' onerror=\"prompt(1)\">"),
    unescaped: he.unescape("&lt;a&gt;"),
    version: he.version,
    thrown,
  };
}

export function call({ default: he }: Library): unknown {
  return he.encode("a © b");
}
