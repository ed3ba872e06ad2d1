/**
 * Tests that need a tool which npm does not install (a browser, a C compiler): skipped by name, with the remedy, on a machine
 * that lacks it; failed where nothing may be skipped (`CI=true`).
 *
 * @module
 */
import { describe, it } from "vitest";
import { findTool, type Tool } from "../../scripts/setup.mjs";

/** The tool's path, for code that runs only inside `describeWith`. */
export function toolPath(tool: Tool): string {
  const path = findTool(tool);
  if (path === undefined) throw new Error(`${tool} is not installed: npm run setup`);
  return path;
}

/** Like `describe`, for tests that need the tools. */
export function describeWith(tools: readonly Tool[], name: string, body: () => void): void {
  const missing = tools.filter((tool) => findTool(tool) === undefined);
  const reason = `needs ${missing.join(", ")}: npm run setup`;
  if (missing.length === 0) describe(name, body);
  else if (process.env.CI) it(name, () => Promise.reject(new Error(reason)));
  else describe.skip(`${name} (${reason})`, body);
}
