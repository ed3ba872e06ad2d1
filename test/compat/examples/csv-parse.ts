import type { Library } from "../example.ts";

export const entry = 'export { parse } from "csv-parse"; export { parse as parseSync } from "csv-parse/sync";';

export async function example({ parse, parseSync }: Library): Promise<unknown> {
  const input = '"key_1","key_2"\n"value 1","value 2"\n';
  const streamed: unknown[] = [];
  await new Promise<void>((resolve, reject) => {
    const parser = parse({ delimiter: ":" });
    parser.on("readable", () => {
      for (let record = parser.read(); record !== null; record = parser.read()) streamed.push(record);
    });
    parser.on("error", reject);
    parser.on("end", () => resolve());
    parser.write("root:x:0:0:root:/root:/bin/bash\n");
    parser.write("someone:x:1022:1022::/home/someone:/bin/bash\n");
    parser.end();
  });
  const called = await new Promise((resolve, reject) => {
    parse("a,b\n1,2\n", { columns: true, cast: true }, (error: unknown, records: unknown) =>
      error ? reject(error) : resolve(records),
    );
  });
  let thrown: unknown;
  try {
    parseSync("a,b\n1,2,3\n");
  } catch (error) {
    thrown = { code: (error as Library).code, message: (error as Error).message };
  }
  return {
    columns: parseSync(input, { columns: true, skip_empty_lines: true }),
    options: parseSync("a\tb # note\n 1 \t 2 \n", { delimiter: "\t", trim: true, comment: "#" }),
    mapped: parseSync("1,2\n3,4", { on_record: (record: string[]) => record.map((field) => Number(field) * 2) }),
    streamed,
    called,
    thrown,
  };
}

export function call({ parseSync }: Library): unknown {
  return parseSync("a,b\n1,2\n");
}
