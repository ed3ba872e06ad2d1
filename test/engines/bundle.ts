/**
 * One file that any engine with modules can run: the layers, the programs, and a print of the outcomes as JSON.
 *
 * @module
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { build } from "vite";
import { C_PROGRAMS, readProgram } from "../../bench/programs.ts";
import { projectRoot } from "../support/sources.ts";

const FOLDER = `${projectRoot}/.cache/engines`;

/** Writes the bundle and returns its path. */
export async function writeBundle(): Promise<string> {
  mkdirSync(FOLDER, { recursive: true });
  const visits = C_PROGRAMS.map(({ name, testSize }) => {
    const digits = Buffer.from(readProgram(name)).toString("hex");
    return `{ name: ${JSON.stringify(name)}, size: ${testSize}, module: fromHex("${digits}") }`;
  });
  const entry = `${FOLDER}/entry.js`;
  writeFileSync(
    entry,
    `import { visitAll } from ${JSON.stringify(`${projectRoot}/test/engines/journeys.ts`)};
const fromHex = (digits) => Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16));
(globalThis.print ?? console.log)(JSON.stringify(visitAll([${visits.join(",\n")}])));
`,
  );
  await build({
    root: projectRoot,
    configFile: false,
    logLevel: "error",
    build: {
      outDir: FOLDER,
      emptyOutDir: false,
      minify: false,
      target: "es2022",
      lib: { entry, formats: ["es"], fileName: () => "journeys.mjs" },
    },
  });
  return `${FOLDER}/journeys.mjs`;
}
