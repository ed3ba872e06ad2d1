import type { Library } from "../example.ts";

/** The documented use of the standalone build: plugins are modules that are handed to it. */
export const entry: string = [
  'export * as prettier from "prettier/standalone";',
  'export * as babel from "prettier/plugins/babel";',
  'export * as estree from "prettier/plugins/estree";',
  'export * as markdown from "prettier/plugins/markdown";',
  'export * as postcss from "prettier/plugins/postcss";',
].join("\n");

export async function example({ prettier, babel, estree, markdown, postcss }: Library): Promise<unknown> {
  const plugins = [babel, estree, markdown, postcss];
  let thrown: unknown;
  try {
    await prettier.format("foo (", { parser: "babel", plugins });
  } catch (error) {
    thrown = { name: (error as Error).name, message: (error as Error).message };
  }
  return {
    formatted: await prettier.format("foo ( );", { semi: false, parser: "babel", plugins }),
    longer: await prettier.format("const {a,b:[c]}=await f({x:1,...y},z=>{return z??1})", {
      parser: "babel",
      plugins,
      singleQuote: true,
    }),
    markdown: await prettier.format("* a\n* b\n\n```js\nfoo ( )\n```\n", { parser: "markdown", plugins }),
    css: await prettier.format("a{color:RED;margin:0 0}", { parser: "css", plugins }),
    checked: await prettier.check("foo();\n", { parser: "babel", plugins }),
    cursor: await prettier.formatWithCursor(" 1", { cursorOffset: 2, parser: "babel", plugins }),
    version: prettier.version,
    thrown,
  };
}

export function call({ prettier, babel, estree }: Library): unknown {
  return prettier.format("foo ( );", { parser: "babel", plugins: [babel, estree] });
}
