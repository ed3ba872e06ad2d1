import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { disagreement, judgeModule } from "../../test/support/agree.ts";
import { describeWith, toolPath } from "../../test/support/needs.ts";
import { decodeModule } from "./decode.ts";
import { encodeModule, moduleToParts } from "./encode-module.ts";

const MODULES = 2000;
const CHANGES_EACH = 10;
/** Without reference types: Debian's version gives them encodings that are no longer valid. */
const FEATURES = [
  "simd",
  "bulk-memory",
  "multivalue",
  "sign-ext",
  "nontrapping-float-to-int",
  "mutable-globals",
  "tail-call",
].map((feature) => `--enable-${feature}`);

/** The same numbers for the same seed (xorshift). */
function makeNumbers(seed: number): (below: number) => number {
  let state = seed + 0x9e3779b9;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

describeWith(["wasm-opt"], "random modules", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "caper-random-modules-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function makeModule(seed: number): Uint8Array<ArrayBuffer> {
    const numbers = makeNumbers(seed);
    const input = join(folder, "input");
    const output = join(folder, "output.wasm");
    writeFileSync(
      input,
      Uint8Array.from({ length: 400 + numbers(4000) }, () => numbers(256)),
    );
    execFileSync(toolPath("wasm-opt"), ["-ttf", input, "-o", output, ...FEATURES], { stdio: "ignore" });
    return new Uint8Array(readFileSync(output));
  }

  it("are valid, stay so when written again, and changed get the engine's verdict", () => {
    for (let seed = 0; seed < MODULES; seed++) {
      const module = makeModule(seed);
      expect([seed, judgeModule(module)]).toEqual([seed, { code: "ok", message: "" }]);
      const again = encodeModule(moduleToParts(decodeModule(module)));
      expect([seed, judgeModule(again).code, WebAssembly.validate(again)]).toEqual([seed, "ok", true]);
      const numbers = makeNumbers(seed);
      for (let change = 0; change < CHANGES_EACH; change++) {
        const changed = module.slice();
        for (let i = numbers(3); i >= 0; i--) changed[8 + numbers(changed.length - 8)] = numbers(256);
        expect([seed, change, disagreement(changed)]).toEqual([seed, change, undefined]);
      }
    }
  });
});
