/**
 * What the rewriter makes of a few tiny modules, as text to be read: test/vectors/rewrite/*.txt. After a change that is meant:
 * `npx vitest run src/wasm/rewrite/golden.test.ts -u`, and read the difference.
 */
import { describe, expect, it } from "vitest";
import { assembleModule, listFunction, type ModuleText } from "../../../test/support/assemble.ts";
import { decodeModule } from "../decode.ts";
import { validateModule } from "../validate.ts";
import { findBounded } from "./bounded.ts";
import { makeContinuation, planFunction } from "./continuation.ts";
import { rewriteModule } from "./hot.ts";

const TINY: { readonly [name: string]: ModuleText } = {
  bounded: { functions: [{ type: "i32 i32 -> i32", locals: "8*i32", code: "local.get 0 local.get 1 i32.add" }] },
  loop: {
    functions: [
      {
        type: "i32 i64 -> i64",
        code: "block loop local.get 0 i32.eqz br_if 1 local.get 0 i32.const 1 i32.sub local.set 0 br 0 end end local.get 1",
      },
    ],
  },
  "tight-loop": {
    functions: [{ type: "i32 ->", code: "loop local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end" }],
  },
  call: {
    imports: { "env.f": "i32 -> i32" },
    functions: [
      {
        type: "i32 f32 -> i32",
        code: "local.get 0 i32.const 7 call 0 i32.mul local.get 1 i32.trunc_sat_f32_s i32.add",
      },
    ],
  },
  float: {
    memory: [1],
    functions: [
      {
        type: "f64 f64 -> f64",
        code: "i32.const 0 local.get 0 local.get 1 f64.add f64.store local.get 0 local.get 1 f64.mul",
      },
    ],
  },
  bulk: { memory: [1], functions: [{ type: "i32 ->", code: "local.get 0 i32.const 0 local.get 0 memory.fill" }] },
  handler: { tags: [""], functions: [{ code: "block try_table catch:0:0 call 1 end end" }, { code: "throw 0" }] },
};

/** The hot form of the functions, then the continuations after their safepoints. */
function listing(text: ModuleText): string {
  const module = decodeModule(assembleModule(text));
  validateModule(module);
  const hot = decodeModule(rewriteModule(module));
  const lines = ["# hot module\n", ...hot.bodies.map((_, i) => listFunction(hot, i))];
  const flags = findBounded(module);
  const isBounded = (func: number): boolean => flags[func] === 1;
  for (let func = module.importedFunctions; func < module.functions.length; func++) {
    if (isBounded(func)) continue;
    const plan = planFunction(module, func, isBounded);
    for (const point of plan.plan.points.keys()) {
      const bytes = makeContinuation({ ...plan, point, pointBase: 0, isBounded, resumption: "results" });
      const continuation = decodeModule(bytes);
      lines.push(`# function ${func}, safepoint ${point}\n`);
      lines.push(...continuation.bodies.map((_, i) => listFunction(continuation, i)));
    }
  }
  return lines.join("\n");
}

describe("rewritten modules", () => {
  for (const [name, text] of Object.entries(TINY)) {
    it(`${name}: as they were`, async () => {
      await expect(listing(text)).toMatchFileSnapshot(`../../../test/vectors/rewrite/${name}.txt`);
    });
  }

  it("are valid, and so are their continuations", () => {
    for (const text of Object.values(TINY)) {
      expect(WebAssembly.validate(rewriteModule(decodeModule(assembleModule(text))))).toBe(true);
    }
  });
});
