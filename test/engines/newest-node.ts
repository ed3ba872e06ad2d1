/**
 * Where the newest Node is: a second package beside the pinned one, or wherever CAPER_NEWEST_NODE says.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { projectRoot } from "../support/sources.ts";

export const NEWEST_NODE_REMEDY =
  "needs a Node newer than the pinned one: npm install, or set CAPER_NEWEST_NODE to its path";

export function findNewestNode(): string | undefined {
  const packaged = `${projectRoot}/node_modules/node-newest/bin/node`;
  return [process.env.CAPER_NEWEST_NODE, packaged].find((path) => path !== undefined && existsSync(path));
}
