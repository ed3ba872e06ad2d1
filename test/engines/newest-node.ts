/**
 * Where the newest Node is: where `scripts/setup` puts it, or wherever CAPER_NEWEST_NODE says.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { projectRoot } from "../support/sources.ts";

export const NEWEST_NODE_REMEDY =
  "needs a Node newer than the pinned one: run scripts/setup, or set CAPER_NEWEST_NODE to its path";

export function findNewestNode(): string | undefined {
  const packaged = `${projectRoot}/.cache/newest-node/node_modules/node-${process.platform}-${process.arch}/bin/node`;
  return [process.env.CAPER_NEWEST_NODE, packaged].find((path) => path !== undefined && existsSync(path));
}
