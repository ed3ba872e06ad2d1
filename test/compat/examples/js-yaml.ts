import type { Library } from "../example.ts";

export async function example(yaml: Library): Promise<unknown> {
  let thrown: unknown;
  try {
    yaml.load("a: b: c\n  - [");
  } catch (error) {
    thrown = { name: (error as Error).name, reason: (error as Library).reason, line: (error as Library).mark?.line };
  }
  const documents: unknown[] = [];
  for (const document of yaml.loadAll("a: 1\n---\n- x\n- y\n---\nplain\n")) documents.push(document);
  return {
    loaded: yaml.load(
      "greeting: hello\nlist: [1, 2.5, 0x1f, .inf]\nnested:\n  yes: true\n  text: |\n    two\n    lines\n",
    ),
    dumped: yaml.dump({ greeting: "hello", list: [1, [2, { three: null }]], text: "a\nb\n", "odd: key": "#no" }),
    indented: yaml.dump({ b: { c: [1] }, a: 2 }, { indent: 4, sortKeys: true, flowLevel: 2 }),
    documents,
    thrown,
  };
}

export function call({ load }: Library): unknown {
  return load("a: 1\nb: [x, y]\n");
}
