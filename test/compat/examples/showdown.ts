import type { Library } from "../example.ts";

export async function example({ default: showdown }: Library): Promise<unknown> {
  const converter = new showdown.Converter();
  const tables = new showdown.Converter({
    tables: true,
    strikethrough: true,
    tasklists: true,
    simplifiedAutoLink: true,
  });
  showdown.extension("shout", { type: "lang", regex: /!!(.+?)!!/g, replace: "<b>$1</b>" });
  const extended = new showdown.Converter({
    extensions: ["shout", () => [{ type: "output", filter: (text: string) => text.replace("world", "WORLD") }]],
  });
  return {
    html: converter.makeHtml('# hello, markdown!\n\n* a\n* b\n\n![x](y "z")'),
    tables: tables.makeHtml("| a | b |\n|---|---|\n| 1 | ~~2~~ |\n\n- [x] done\n\nhttps://example.org"),
    extended: extended.makeHtml("hello !!world!!"),
    option: [showdown.getOption("tables"), converter.getOption("omitExtraWLInCodeBlocks")],
    flavour: Object.keys(showdown.getFlavorOptions("github")).length,
  };
}

export function call({ default: showdown }: Library): unknown {
  return new showdown.Converter().makeHtml("# hi");
}
