import type { Library } from "../example.ts";

export async function example(acorn: Library): Promise<unknown> {
  const comments: unknown[] = [];
  const tree = acorn.parse("1 + 1 // sum\nexport default async (x) => await x?.y ?? 2n", {
    ecmaVersion: 2022,
    sourceType: "module",
    locations: true,
    onComment: (...args: unknown[]) => void comments.push(args.slice(0, 4)),
  });
  const tokens = [...acorn.tokenizer("let a = /b+/g;", { ecmaVersion: 2020 })].map((token: Library) => [
    token.type.label,
    token.start,
  ]);
  let thrown: unknown;
  try {
    acorn.parse("let let = 1;", { ecmaVersion: 2020 });
  } catch (error) {
    thrown = { message: (error as Error).message, pos: (error as Library).pos, loc: { ...(error as Library).loc } };
  }
  class Loud extends acorn.Parser {
    parse(): unknown {
      return super.parse();
    }
  }
  return {
    tree: JSON.parse(JSON.stringify(tree, (_, value) => (typeof value === "bigint" ? String(value) : value))),
    expression: acorn.parseExpressionAt("  a * b, c", 2, { ecmaVersion: 2020 }).type,
    tokens,
    comments,
    thrown,
    subclass: (Loud as Library).parse("a", { ecmaVersion: 2020 }).body.length,
    letters: [acorn.isIdentifierStart("λ".codePointAt(0)), acorn.isIdentifierChar(48)],
  };
}

export function call({ parse }: Library): unknown {
  return parse("a + b", { ecmaVersion: 2020 }).end;
}
