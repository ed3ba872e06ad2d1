import type { Library } from "../example.ts";

const TEXT = 'name,age,note\nAda,36,"first, of all"\nBob,7,"said ""hi"""\n\nEve,x,';

export async function example({ default: Papa }: Library): Promise<unknown> {
  const rows: unknown[] = [];
  const completed = await new Promise((resolve) => {
    Papa.parse(TEXT, {
      header: true,
      step: (result: Library) => void rows.push(result.data),
      complete: (result: Library) => resolve(result?.meta?.aborted ?? "none"),
    });
  });
  return {
    plain: Papa.parse(TEXT),
    typed: Papa.parse(TEXT, { header: true, dynamicTyping: true, skipEmptyLines: true }),
    transformed: Papa.parse("a;b\n1;2", { header: true, transform: (value: string) => `${value}!` }).data,
    guessed: Papa.parse("a|b|c\n1|2|3").meta.delimiter,
    errors: Papa.parse('a,"b\n1,2').errors,
    unparsed: Papa.unparse([
      { a: 1, b: 'x,"y"' },
      { a: 2, b: null },
    ]),
    quoted: Papa.unparse(
      {
        fields: ["n", "m"],
        data: [
          [1, 2],
          [3, 4],
        ],
      },
      { quotes: true, delimiter: "\t" },
    ),
    rows,
    completed,
  };
}

export function call({ default: Papa }: Library): unknown {
  return Papa.parse("a,b\n1,2\n");
}
