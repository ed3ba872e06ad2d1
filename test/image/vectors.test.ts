import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { describe, expect, it } from "vitest";
import { bytesToImage, decodeImage, makeBase, peekImage, type TreeState } from "../../src/image/index.ts";
import { IMAGE_VECTORS, stateToJson, vectorFile } from "../support/image-vectors.ts";

const FOLDER = new URL("../vectors/image/", import.meta.url);
const read = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, FOLDER)));
const text = (name: string): unknown => JSON.parse(readFileSync(new URL(name, FOLDER), "utf8"));

if (process.env.UPDATE_VECTORS === "1") {
  mkdirSync(FOLDER, { recursive: true });
  const index = IMAGE_VECTORS.map((vector) => {
    const { root, bytes } = vectorFile(vector);
    writeFileSync(new URL(`${vector.name}.caper`, FOLDER), bytes);
    writeFileSync(
      new URL(`${vector.name}.json`, FOLDER),
      `${JSON.stringify(stateToJson(vector.state), undefined, 1)}\n`,
    );
    return { name: vector.name, about: vector.about, base: vector.base ?? null, root, fileBytes: bytes.length };
  });
  writeFileSync(new URL("index.json", FOLDER), `${JSON.stringify(index, undefined, 2)}\n`);
}

describe("image vectors", () => {
  it("are all in the folder, and nothing else is", () => {
    const names = IMAGE_VECTORS.flatMap(({ name }) => [`${name}.caper`, `${name}.json`]);
    expect(readdirSync(FOLDER).sort()).toEqual([...names, "index.json"].sort());
  });

  it.each(IMAGE_VECTORS.map((vector) => [vector.name, vector] as const))("%s is written as it was", (name, vector) => {
    const { root, bytes } = vectorFile(vector);
    const entry = (text("index.json") as { name: string }[]).find((item) => item.name === name);
    expect(entry).toEqual({ name, about: vector.about, base: vector.base ?? null, root, fileBytes: bytes.length });
    expect(isDeepStrictEqual(bytes, read(`${name}.caper`))).toBe(true);
    expect(isDeepStrictEqual(stateToJson(vector.state), text(`${name}.json`))).toBe(true);
  });

  it.each(IMAGE_VECTORS.map((vector) => [vector.name, vector] as const))("%s is read as it was", (name, vector) => {
    const load = (file: string): TreeState => {
      const bytes = read(`${file}.caper`);
      const below = IMAGE_VECTORS.find((other) => other.name === file)?.base;
      const base = below === undefined ? undefined : makeBase(bytesToImage(read(`${below}.caper`)));
      expect(peekImage(bytes).base).toBe(base?.root ?? null);
      return decodeImage(bytesToImage(bytes, { base: () => base }), base === undefined ? {} : { base });
    };
    expect(isDeepStrictEqual(stateToJson(load(name)), stateToJson(vector.state))).toBe(true);
  });
});
