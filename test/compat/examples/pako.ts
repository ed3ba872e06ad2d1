import type { Library } from "../example.ts";

export async function example(pako: Library): Promise<unknown> {
  const input = new Uint8Array(2000).map((_, index) => (index * index) % 251);
  const text = JSON.stringify({ my: "super", puper: [456, 567], awesome: "pako" });
  const output = pako.deflate(input);
  const deflator = new pako.Deflate({ level: 9 });
  deflator.push(input.subarray(0, 1000), false);
  deflator.push(input.subarray(1000), true);
  const inflator = new pako.Inflate();
  inflator.push(deflator.result, true);
  const compressed = pako.deflate(text);
  let thrown: unknown;
  try {
    pako.inflate(Uint8Array.of(1, 2, 3, 4, 5));
  } catch (error) {
    thrown = String((error as Error).message ?? error);
  }
  return {
    output,
    back: pako.inflate(output),
    compressed,
    text: new TextDecoder().decode(pako.inflate(compressed)),
    gzip: pako.ungzip(pako.gzip(input)).length,
    raw: pako.inflateRaw(pako.deflateRaw(input, { level: 1 })).length,
    streamed: [deflator.err, deflator.result, inflator.result.length],
    thrown,
  };
}

const SMALL = Uint8Array.from({ length: 100 }, (_, index) => index % 7);

export function call({ deflate }: Library): unknown {
  return deflate(SMALL).length;
}
