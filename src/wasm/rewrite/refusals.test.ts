import { describe, expect, it } from "vitest";
import { assembleModule, type ModuleText } from "../../../test/support/assemble.ts";
import { makeProgram } from "../../kernel/index.ts";
import { WasmError } from "../errors.ts";

const i32Imports = (count: number) => Array.from({ length: count }, (_, i) => i);

describe("modules that can not be made freezable", () => {
  it.each<[what: string, text: ModuleText, message: string]>([
    [
      "an imported memory",
      {
        functions: [],
        more: { imports: [{ module: "env", name: "memory", kind: "memory", memory: { min: 1, max: undefined } }] },
      },
      'import section: "env.memory" is a memory; a guest may import functions only, so let the module define it',
    ],
    [
      "an imported table",
      {
        functions: [],
        more: {
          imports: [
            { module: "env", name: "t", kind: "table", table: { element: 0x70, limits: { min: 1, max: undefined } } },
          ],
        },
      },
      'import section: "env.t" is a table',
    ],
    [
      "an imported global",
      {
        functions: [],
        more: { imports: [{ module: "env", name: "g", kind: "global", global: { type: 0x7f, mutable: false } }] },
      },
      'import section: "env.g" is a global',
    ],
    [
      "an imported tag",
      { functions: [{ code: "" }], more: { imports: [{ module: "env", name: "t", kind: "tag", type: 0 }] } },
      'import section: "env.t" is a tag',
    ],
    [
      "a vector from the host",
      { imports: { "env.v": "-> v128" }, functions: [] },
      'import section: "env.v" passes v128',
    ],
    ["a vector to the host", { imports: { "env.v": "v128 ->" }, functions: [] }, 'import section: "env.v" passes v128'],
    [
      "an exception held over a call",
      {
        imports: { "env.f": "->" },
        tags: [""],
        functions: [{ code: "block exnref try_table catch_all_ref:0 throw 0 end unreachable end call 0 throw_ref" }],
      },
      "code section: function 1 holds an exnref where it could be frozen",
    ],
    [
      "an exception in a local over a loop",
      {
        tags: [""],
        functions: [{ locals: "exnref", code: "loop local.get 0 drop end" }],
      },
      "code section: function 0 holds an exnref where it could be frozen",
    ],
    [
      "too many values at once",
      {
        functions: [
          {
            locals: "901*i32",
            code: `loop end ${i32Imports(901)
              .map((i) => `local.get ${i} drop`)
              .join(" ")}`,
          },
        ],
      },
      "code section: function 0 keeps 901 values alive at once; at most 900 can be saved",
    ],
    [
      "a giant frame",
      { functions: [{ locals: "19993*i32", code: "" }] },
      "code section: function 0 needs a frame of 20001 stack slots; at most 20000",
    ],
    [
      "a giant frame of vectors",
      { functions: [{ locals: "9997*v128", code: "" }] },
      "code section: function 0 needs a frame of 20002 stack slots; at most 20000",
    ],
    [
      "more work than is reasonable",
      { functions: [{ locals: "19000*i32", code: `loop end ${"nop ".repeat(700_000)}` }] },
      "function 0 is too large to be made freezable: 19000 locals",
    ],
  ])("are refused for %s", (_, text, message) => {
    let refusal: unknown;
    try {
      makeProgram({ bytes: assembleModule(text) });
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(WasmError);
    expect(refusal).toMatchObject({ code: "unsupported", message: expect.stringContaining(message) });
  });

  it("are taken up to those limits", () => {
    const texts: ModuleText[] = [
      {
        functions: [
          {
            locals: "900*i32",
            code: `loop end ${i32Imports(900)
              .map((i) => `local.get ${i} drop`)
              .join(" ")}`,
          },
        ],
      },
      { functions: [{ locals: "19992*i32", code: "" }] },
      {
        tags: [""],
        functions: [{ code: "block exnref try_table catch_all_ref:0 throw 0 end unreachable end throw_ref" }],
      },
    ];
    for (const text of texts) expect(makeProgram({ bytes: assembleModule(text) }).module.bodies).toHaveLength(1);
  });
});
