/**
 * The order of the layers, as data. A layer imports only from layers below it, through their `index.ts`, and only the outermost
 * layers know Node, the clock or randomness.
 *
 * @module
 */
import { dirname, posix } from "node:path";
import { describe, expect, it } from "vitest";
import { readSources, type SourceFile } from "./support/sources.ts";

/** Lowest first. */
const LAYERS = [
  "bytes",
  "wasm",
  "image",
  "passable",
  "kernel",
  "powers",
  "guests",
  "library",
  "ocapn",
  "store",
  "device",
  "node",
  "cli",
];
/** The layers that may import `node:*` and reach the clock, randomness and the process. */
const OUTER_LAYERS = new Set(["node", "cli"]);
const AMBIENT_RANDOMNESS = /\bMath\.random\b/;
const FILE_LINES_MAX = 600;

const sources = readSources("src").filter((file) => !/\.(test|conformance)\.ts$/.test(file.path));

function layerOf(path: string): string {
  return path.split("/")[1] ?? "";
}

/** Without comments. */
function codeOf(file: SourceFile): string {
  return file.text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
}

function importsOf(file: SourceFile): readonly string[] {
  const statement = /(?:^|[\s;])(?:import|export)\s(?:[^"';]*?\sfrom\s)?["']([^"']+)["']|import\(\s*["']([^"']+)["']/g;
  return [...codeOf(file).matchAll(statement)].map((match) => match[1] ?? match[2] ?? "");
}

/** What is wrong with an import of a file, or undefined. */
function judgeImport(file: SourceFile, target: string): string | undefined {
  const layer = layerOf(file.path);
  if (target.startsWith("node:")) {
    return OUTER_LAYERS.has(layer) ? undefined : `${file.path} imports ${target}: only ${[...OUTER_LAYERS]} may`;
  }
  if (!target.startsWith(".")) return undefined;
  const path = posix.join(dirname(file.path), target);
  if (!path.startsWith("src/")) return `${file.path} imports ${target}, which is outside of src/`;
  const other = layerOf(path);
  if (other === layer) return undefined;
  if (LAYERS.indexOf(other) > LAYERS.indexOf(layer)) return `${file.path} imports ${path}, a higher layer`;
  if (!path.endsWith("/index.ts")) return `${file.path} imports ${path}: import the layer's index.ts`;
  return undefined;
}

describe("layers", () => {
  it("has only known layers below src/", () => {
    expect([...new Set(sources.map((file) => layerOf(file.path)))].filter((name) => !LAYERS.includes(name))).toEqual(
      [],
    );
  });

  it("imports only lower layers, through their index.ts", () => {
    const wrong = sources.flatMap((file) => importsOf(file).map((target) => judgeImport(file, target)));
    expect(wrong.filter((sentence) => sentence !== undefined)).toEqual([]);
  });

  it("takes randomness as an argument", () => {
    const wrong = sources.filter(
      (file) => !OUTER_LAYERS.has(layerOf(file.path)) && AMBIENT_RANDOMNESS.test(codeOf(file)),
    );
    expect(wrong.map((file) => file.path)).toEqual([]);
  });

  it("refuses an import of a higher layer, a deep import and a Node module", () => {
    const file: SourceFile = { path: "src/wasm/decode.ts", text: "" };
    expect(judgeImport(file, "../kernel/index.ts")).toContain("a higher layer");
    expect(judgeImport(file, "../bytes/reader.ts")).toContain("index.ts");
    expect(judgeImport(file, "node:fs")).toContain("only node,cli may");
    expect(judgeImport(file, "../bytes/index.ts")).toBeUndefined();
    expect(
      importsOf({
        path: "",
        text: 'import { a,\n b } from "./x.ts";\nawait import("./y.ts");\nexport * from "./z.ts";',
      }),
    ).toEqual(["./x.ts", "./y.ts", "./z.ts"]);
  });
});

describe("files", () => {
  it(`has at most ${FILE_LINES_MAX} lines in each`, () => {
    const long = [...sources, ...readSources("scripts")].map(
      (file) => [file.path, file.text.split("\n").length] as const,
    );
    expect(long.filter(([, lines]) => lines > FILE_LINES_MAX)).toEqual([]);
  });

  it("opens each with a @module comment", () => {
    expect(
      sources.filter((file) => !/^(#!.*\n)?\/\*\*[\s\S]*?@module/.test(file.text)).map((file) => file.path),
    ).toEqual([]);
  });
});
