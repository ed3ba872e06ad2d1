import type { Library } from "../example.ts";

const XML =
  '<?xml version="1.0"?><root a="1"><!-- note --><item id="x">1.50</item><item>two &amp; three</item><![CDATA[<raw>]]><empty/></root>';

export async function example({ XMLParser, XMLBuilder, XMLValidator }: Library): Promise<unknown> {
  const options = { ignoreAttributes: false, attributeNamePrefix: "@_" };
  return {
    parsed: new XMLParser().parse(XML),
    attributes: new XMLParser(options).parse(XML),
    ordered: new XMLParser({ preserveOrder: true }).parse("<a>x<b>y</b>z</a>"),
    processed: new XMLParser({ tagValueProcessor: (name: string, value: string) => `${name}:${value}` }).parse(
      "<a><b>1</b></a>",
    ),
    built: new XMLBuilder({ ...options, format: true }).build({ root: { "@_a": "1", item: ["x", "<y>"], empty: "" } }),
    valid: XMLValidator.validate(XML),
    invalid: XMLValidator.validate("<a><b></a>"),
    arrays: new XMLParser({ isArray: (name: string) => name === "b" }).parse("<a><b>1</b></a>"),
  };
}

export function call({ XMLParser }: Library): unknown {
  return new XMLParser().parse("<a><b>1</b></a>");
}
