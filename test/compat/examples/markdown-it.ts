import type { Library } from "../example.ts";

const TEXT =
  '# markdown-it rulezz!\n\n1. one **two** ~~three~~\n2. https://example.org\n\n> quote (c) "smart"\n\n```js\nlet a;\n```\n\n| a | b |\n|---|:-:|\n| 1 | 2 |\n';

export async function example({ default: MarkdownIt }: Library): Promise<unknown> {
  const md = new MarkdownIt({ html: true, linkify: true, typographer: true });
  const highlighted = new MarkdownIt({
    highlight: (text: string, language: string) => `<b>${language}:${text.length}</b>`,
  });
  const own = new MarkdownIt().use((it: Library, suffix: string) => {
    const original = it.renderer.rules.text;
    it.renderer.rules.text = (...args: Library[]) => original(...args) + suffix;
  }, "!");
  return {
    plain: new MarkdownIt().render(TEXT),
    full: md.render(TEXT),
    inline: md.renderInline("__markdown-it__ rulezz!"),
    commonmark: new MarkdownIt("commonmark").render(TEXT),
    highlighted: highlighted.render(TEXT),
    own: own.render("a *b*"),
    tokens: md.parse("a *b*", {}).map((token: Library) => [token.type, token.tag, token.nesting]),
    disabled: new MarkdownIt().disable(["link", "image"]).renderInline("[a](b)"),
  };
}

const renderers = new WeakMap<object, Library>();

export function call(library: Library): unknown {
  let md = renderers.get(library);
  if (md === undefined) {
    md = new library.default();
    renderers.set(library, md);
  }
  return md.render("# hi");
}
