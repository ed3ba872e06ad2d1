/**
 * Tests that need a tool which npm does not install (a browser, a C compiler): skipped by name, with the remedy, on a machine
 * that lacks it; failed where nothing may be skipped (`CI=true`).
 *
 * @module
 */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, it } from "vitest";

const TOOLS = {
  chromium: ["chromium", "chromium-browser", "google-chrome"],
  clang: ["clang"],
  "wasm-ld": ["wasm-ld"],
  "wasm-opt": ["wasm-opt"],
  wast2json: ["wast2json"],
  jsc: ["jsc"],
  firefox: ["firefox-esr", "firefox"],
} as const;

export type Tool = keyof typeof TOOLS;

/** Where node_modules/.bin's wrappers lie in PATH they do not count: they are the slow builds. */
function isOurs(folder: string): boolean {
  return folder.includes("node_modules");
}

/** The tool's path, or undefined where the machine lacks it. */
export function findTool(tool: Tool): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "" && !isOurs(folder));
  const candidates = folders.flatMap((folder) => TOOLS[tool].map((name) => join(folder, name)));
  return candidates.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** The tool's path, for code that runs only inside `describeWith`. */
export function toolPath(tool: Tool): string {
  const path = findTool(tool);
  if (path === undefined) throw new Error(`${tool} is not installed: run scripts/setup`);
  return path;
}

/** Like `describe`, for tests that need the tools. */
export function describeWith(tools: readonly Tool[], name: string, body: () => void): void {
  const missing = tools.filter((tool) => findTool(tool) === undefined);
  const reason = `needs ${missing.join(", ")}: run scripts/setup`;
  if (missing.length === 0) describe(name, body);
  else if (process.env.CI) it(name, () => Promise.reject(new Error(reason)));
  else describe.skip(`${name} (${reason})`, body);
}
