/**
 * An application in plain Node that imports the look-alike and, in the phase `use`, works with it. Runs in a process of its own, in
 * the sandbox's project. Prints one line of JSON: what was patched, and the result. Arguments: folder of the case, phase, honest host.
 *
 * @module
 */
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { isDeepStrictEqual } from "node:util";
import type { Lookalike } from "./case.ts";
import { CASES } from "./cases.ts";
import { differences, fingerprint, installWallet } from "./realm.ts";

/** What acts later, at random, does so within this time. */
const LATER_MS = 60;

const [, , folder, phase, honest] = process.argv;
const one = CASES.find((candidate) => candidate.folder === folder)!;
const require = createRequire(`${process.cwd()}/index.js`);
const load = (name: string): Promise<Lookalike> => import(pathToFileURL(require.resolve(name)).href);

installWallet();
const siblings: { [name: string]: Lookalike } = {};
for (const sibling of one.siblings ?? []) siblings[`lookalike-${sibling}`] = await load(`lookalike-${sibling}`);
const before = fingerprint(siblings);
const library = await load(one.name);
let isExpected = true;
if (phase === "use")
  isExpected = isDeepStrictEqual(await one.use(library, { honest: honest!, siblings }), one.expected);
await new Promise((resolve) => setTimeout(resolve, LATER_MS));
const facts = [...differences(before, fingerprint(siblings)), ...(isExpected ? [] : ["result"])];
process.stdout.write(`\nfacts ${JSON.stringify(facts)}\n`);
