import type { Library } from "../example.ts";

const TEXT =
  "# A list\nYAML:\n  - A human-readable data serialization language\n  - https://en.wikipedia.org/wiki/YAML\nyaml:\n  - A complete &kind JavaScript implementation\n  - {stars: 1.5e3, since: 2018, null: ~}\n";

export async function example({
  parse,
  stringify,
  parseDocument,
  parseAllDocuments,
  isMap,
  visit,
}: Library): Promise<unknown> {
  const document = parseDocument(TEXT);
  const keys: string[] = [];
  visit(document, {
    Pair(_: unknown, pair: Library) {
      keys.push(String(pair.key.value));
    },
  });
  document.setIn(["yaml", 2], "set");
  const broken = parseDocument("a: [1, 2\nb: }");
  return {
    number: parse("3.14159"),
    list: parse("[ true, false, maybe, null ]\n"),
    object: parse(TEXT),
    anchors: parse("a: &x {n: 1}\nb: *x\n<<: *x\n", { merge: true }),
    reviver: parse("a: 1\nb: 2", (_: unknown, value: unknown) => (typeof value === "number" ? value * 10 : value)),
    text: stringify({ number: 3, plain: "string", block: "two\nlines\n", list: [true, { deep: null }] }),
    json: stringify(["a", { b: 1 }], { collectionStyle: "flow" }),
    map: isMap(document.contents),
    comment: document.commentBefore,
    keys,
    changed: String(document),
    many: parseAllDocuments("a: 1\n---\nb: 2\n").map((one: Library) => one.toJS()),
    errors: broken.errors.map((error: Library) => [error.name, error.code, error.pos]),
  };
}

export function call({ parse }: Library): unknown {
  return parse("a: 1\nb: [x, y]\n");
}
