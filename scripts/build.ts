/**
 * `npm run build`: the package as it is published, complete in `dist/`: compiled sources, declarations, the command, and a
 * package.json whose exports name the compiled files. `npm publish dist` or `npm install ./dist` take it from there.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";

interface Manifest {
  readonly [key: string]: unknown;
  readonly exports: { readonly [name: string]: string };
}

const DEVELOPMENT_ONLY = ["private", "scripts", "devDependencies", "optionalDependencies"];

function compiled(file: string): string | { readonly types: string; readonly default: string } {
  if (!file.endsWith(".ts")) return file;
  const base = file.replace(/^\.\/src\//, "./").replace(/\.ts$/, "");
  return { types: `${base}.d.ts`, default: `${base}.js` };
}

rmSync("dist", { recursive: true, force: true });
const tsc = spawnSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"], {
  stdio: "inherit",
});
if (tsc.status !== 0) process.exit(tsc.status ?? 1);

const manifest = JSON.parse(readFileSync("package.json", "utf8")) as Manifest;
const published = Object.fromEntries(Object.entries(manifest).filter(([key]) => !DEVELOPMENT_ONLY.includes(key)));
const exports = Object.fromEntries(Object.entries(manifest.exports).map(([name, file]) => [name, compiled(file)]));
mkdirSync("dist/bin", { recursive: true });
writeFileSync("dist/package.json", `${JSON.stringify({ ...published, exports }, null, 2)}\n`);
copyFileSync("bin/caper.js", "dist/bin/caper.js");
for (const file of ["README.md", "LICENSE", "CHANGELOG.md", "SECURITY.md"]) copyFileSync(file, `dist/${file}`);
console.log("dist/ holds the package");
