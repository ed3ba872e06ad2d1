import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SAMPLE_MODULE } from "../../test/support/sample-module.ts";
import { decodeModule } from "./decode.ts";
import { encodeModule } from "./encode-module.ts";
import { decodeNames, functionName } from "./names.ts";

function namesOf(bytes: readonly number[] | Uint8Array) {
  return decodeNames(
    decodeModule(
      encodeModule({
        types: [{ params: [], results: [] }],
        functions: [0, 0],
        exports: [{ name: "exported", kind: "func", index: 1 }],
        bodies: [{ code: [0x0b] }, { code: [0x0b] }],
        customs: [{ name: "name", bytes: Uint8Array.from(bytes) }],
      }),
    ),
  );
}

describe("the name section", () => {
  it("names the module and its functions", () => {
    const names = decodeNames(decodeModule(SAMPLE_MODULE));
    expect(names.module).toBe("sample");
    expect([...names.functions]).toEqual([
      [1, "references"],
      [2, "arithmetic"],
    ]);
  });

  it("may be missing: exports name functions then", () => {
    const module = decodeModule(
      encodeModule({
        types: [{ params: [], results: [] }],
        functions: [0],
        exports: [{ name: "exported", kind: "func", index: 0 }],
        bodies: [{ code: [0x0b] }],
      }),
    );
    expect(decodeNames(module)).toEqual({ functions: new Map() });
    expect(functionName(module, 0)).toBe("exported");
    expect(functionName(module, 1)).toBeUndefined();
    expect(functionName(decodeModule(SAMPLE_MODULE), 2)).toBe("arithmetic");
  });

  it("skips other subsections and functions that do not exist", () => {
    const locals = [2, 1, 0];
    const functions = [1, 7, 2, 0, 1, 0x61, 9, 1, 0x62];
    expect(namesOf([...locals, ...functions])).toEqual({ functions: new Map([[0, "a"]]) });
  });

  it("is ignored where it is broken, whatever it holds", () => {
    expect(namesOf([0, 2, 1, 0xff])).toEqual({ functions: new Map() });
    expect(namesOf([1, 99, 1])).toEqual({ functions: new Map() });
    expect(namesOf([1, 7, 0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0])).toEqual({ functions: new Map() });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 30 }), (bytes) => {
        expect([...namesOf(bytes).functions.keys()].every((index) => index < 2)).toBe(true);
      }),
    );
  });
});
