import type { Library } from "../example.ts";

export async function example({ default: hljs }: Library): Promise<unknown> {
  const automatic = hljs.highlightAuto('<span class="a">Hello &amp; World!</span>', ["xml", "python"]);
  hljs.registerLanguage("tiny", () => ({
    name: "Tiny",
    keywords: "let in",
    contains: [{ scope: "number", begin: /\d+/ }],
  }));
  return {
    xml: hljs.highlight("<span>Hello World!</span>", { language: "xml" }).value,
    typescript: hljs.highlight("const a: Map<string, number> = await f(`x`); // note", { language: "typescript" })
      .value,
    python: hljs.highlight("@x\ndef f(a, *b):\n    return f'{a!r}' # note", { language: "python" }).value,
    automatic: [automatic.language, automatic.relevance, automatic.value],
    tiny: hljs.highlight("let x = 12 in x", { language: "tiny" }).value,
    languages: [hljs.listLanguages().length, hljs.getLanguage("js").name, hljs.getLanguage("none")],
    version: hljs.versionString,
  };
}

export function call({ default: hljs }: Library): unknown {
  return hljs.highlight("let a = 1;", { language: "javascript" }).value;
}
