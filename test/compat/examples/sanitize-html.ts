import type { Library } from "../example.ts";

const DIRTY =
  'some <b onclick="x()">really</b> tacky <script>alert(1)</script><a href="javascript:y()" name=z>HTML</a><img src=x onerror=y>';

export async function example({ default: sanitizeHtml }: Library): Promise<unknown> {
  return {
    defaults: sanitizeHtml(DIRTY),
    own: sanitizeHtml('<b>bold</b> <em>em</em> <a href="/x" target="_blank">x</a>', {
      allowedTags: ["b", "i", "em", "strong", "a"],
      allowedAttributes: { a: ["href"] },
    }),
    images: sanitizeHtml('<img src="https://example.org/a.png" alt="a">', {
      allowedTags: sanitizeHtml.defaults.allowedTags.concat(["img"]),
    }),
    none: sanitizeHtml("<p>a &amp; b</p>", { allowedTags: [], allowedAttributes: {} }),
    transformed: sanitizeHtml("<ol><li>Hello world</li></ol>", {
      transformTags: { ol: sanitizeHtml.simpleTransform("ul", { class: "foo" }) },
      allowedAttributes: { ul: ["class"] },
    }),
    called: sanitizeHtml("<a href='/x'>x</a>", {
      transformTags: {
        a: (tagName: string, attribs: Library) => ({
          tagName,
          attribs: { ...attribs, href: `https://h${attribs.href}` },
        }),
      },
    }),
    filtered: sanitizeHtml("<p>a<a href='/b'></a></p>", {
      exclusiveFilter: (frame: Library) => frame.tag === "a" && !frame.text.trim(),
    }),
    styles: sanitizeHtml('<p style="color:#f00;position:fixed">x</p>', {
      allowedTags: ["p"],
      allowedAttributes: { p: ["style"] },
      allowedStyles: { "*": { color: [/^#[0-9a-f]{3}$/] } },
    }),
  };
}

export function call({ default: sanitizeHtml }: Library): unknown {
  return sanitizeHtml("<b>a</b><script>b</script>");
}
