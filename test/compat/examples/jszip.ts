import type { Library } from "../example.ts";

export const powers = ["timers"] as const;

const date = new Date(Date.UTC(2020, 0, 2, 3, 4, 6));

export async function example({ default: JSZip }: Library): Promise<unknown> {
  const zip = new JSZip();
  zip.file("Hello.txt", "Hello World\n", { date });
  zip.file("images/smile.gif", "R0lGODdhBQAFAIACAAAAAP/eACwAAAAABQAFAAACCIwPkWerClIBADs=", {
    base64: true,
    date,
    createFolders: false,
  });
  zip.file("bytes.bin", Uint8Array.from([1, 2, 3, 255]), { date });
  const bytes = await zip.generateAsync({
    type: "uint8array",
    compression: "DEFLATE",
    compressionOptions: { level: 9 },
  });
  const again = await new JSZip().loadAsync(bytes);
  const names: string[] = [];
  again.forEach((path: string) => void names.push(path));
  const steps: number[] = [];
  const base64 = await again.generateAsync(
    { type: "base64" },
    (metadata: Library) => void steps.push(metadata.percent),
  );
  again.remove("Hello.txt");
  let thrown: unknown;
  try {
    await JSZip.loadAsync("not a zip");
  } catch (error) {
    thrown = (error as Error).message;
  }
  return {
    bytes,
    names,
    hello: await zip.file("Hello.txt").async("string"),
    image: await again.file("images/smile.gif").async("uint8array"),
    date: again.file("bytes.bin").date,
    base64,
    last: steps.at(-1),
    left: Object.keys(again.files),
    thrown,
  };
}

export async function call({ default: JSZip }: Library): Promise<unknown> {
  const zip = new JSZip();
  zip.file("a.txt", "a", { date });
  return (await zip.generateAsync({ type: "uint8array" })).length;
}
