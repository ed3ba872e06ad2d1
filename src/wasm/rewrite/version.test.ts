import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { expect, it } from "vitest";
import { C_PROGRAMS, readProgram } from "../../../bench/programs.ts";
import { decodeModule } from "../decode.ts";
import { findBounded } from "./bounded.ts";
import { makeContinuation, planFunction } from "./continuation.ts";
import { rewriteModule } from "./hot.ts";
import { REWRITER_VERSION } from "./runtime-abi.ts";

const FILE = new URL("../../../test/vectors/rewrite/version.json", import.meta.url);
const CONTINUATIONS_PER_PROGRAM = 20;

/** All that caches and images rely on: hot modules, and how safepoints are numbered and saved. */
function fingerprint(): string {
  const hash = sha256.create();
  for (const { name } of C_PROGRAMS) {
    const module = decodeModule(readProgram(name));
    hash.update(rewriteModule(module));
    const flags = findBounded(module);
    const isBounded = (func: number): boolean => flags[func] === 1;
    const functions = module.bodies.keys().map((i) => module.importedFunctions + i);
    for (const func of functions.take(CONTINUATIONS_PER_PROGRAM)) {
      const plan = planFunction(module, func, isBounded);
      const point = plan.plan.points.length - 1;
      hash.update(makeContinuation({ ...plan, point, pointBase: 0, isBounded, resumption: "results" }));
    }
  }
  return bytesToHex(hash.digest());
}

it("has a new version when what it writes is new: caches of older rewritten modules do not fit new continuations", () => {
  const now = { version: REWRITER_VERSION, fingerprint: fingerprint() };
  if (process.env.UPDATE_VECTORS === "1" || !existsSync(FILE)) writeFileSync(FILE, `${JSON.stringify(now, null, 2)}\n`);
  const then = JSON.parse(readFileSync(FILE, "utf8"));
  const advice =
    "the rewriter writes something else: raise REWRITER_VERSION, then UPDATE_VECTORS=1 npx vitest run version";
  if (then.version === now.version) expect(now.fingerprint, advice).toBe(then.fingerprint);
  expect(now, "UPDATE_VECTORS=1 npx vitest run version").toEqual(then);
});
