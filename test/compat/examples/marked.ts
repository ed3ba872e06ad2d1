import type { Library } from "../example.ts";

const TEXT =
  '# Marked in Node.js\n\nRendered by **marked**.\n\n- a\n- b [link](https://example.org "title")\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n';

export async function example({ marked, Marked, lexer, parser }: Library): Promise<unknown> {
  const renderer = {
    heading({ tokens, depth }: Library): string {
      const text = (this as Library).parser.parseInline(tokens);
      return `<h${depth} class="own">${text}</h${depth}>`;
    },
  };
  const walked: string[] = [];
  const own = new Marked({ renderer, walkTokens: (token: Library) => void walked.push(token.type), async: true });
  const tokens = lexer(TEXT);
  return {
    html: marked.parse(TEXT),
    inline: marked.parseInline("**strong** _em_ `code`"),
    breaks: marked.parse("a\nb", { breaks: true, gfm: true }),
    own: await own.parse(TEXT),
    walked,
    types: tokens.map((token: Library) => token.type),
    again: parser(tokens),
  };
}

export function call({ marked }: Library): unknown {
  return marked.parse("# hi");
}
