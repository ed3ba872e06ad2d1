import { describe, expect, it } from "vitest";
import { powerErrorCode } from "../powers/index.ts";
import { testPower } from "../powers/power.conformance.ts";
import type { LibraryBundle } from "./bundle.ts";
import { makePackagesPower } from "./index.ts";

const source = {
  bundle: async (specifier: string): Promise<LibraryBundle> => ({
    name: specifier,
    version: "1.0.0",
    entry: "main.js",
    modules: { "main.js": "export const one = 1" },
    hash: "0".repeat(64),
    packages: [],
  }),
};

testPower("packages", () => ({ power: makePackagesPower(source), uses: [["bundle", "left-pad"]] }));

describe("packages", () => {
  it("are those that were named", async () => {
    const power = makePackagesPower(source, { packages: ["left-pad", "@scope/*"] });
    const codeOf = async (specifier: string) =>
      await power.bundle(specifier).then(
        (bundle) => bundle.name,
        (error: unknown) => powerErrorCode(error),
      );
    for (const specifier of ["left-pad", "left-pad@1.3.0", "left-pad@^1/lib/x.js", "@scope/any@2"]) {
      expect(await codeOf(specifier)).toBe(specifier);
    }
    const others = ["right-pad", "left-pads", "@scoped/x", "./left-pad", "/left-pad", "https://a.example/left-pad.tgz"];
    for (const specifier of others) expect(await codeOf(specifier)).toBe("not-granted");
  });
});
