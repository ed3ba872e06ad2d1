/** Modules of odd shape: names that are the rewriter's own, and blocks within blocks within blocks. */
import { describe, expect, it } from "vitest";
import { assembleModule, type ModuleText } from "../../../test/support/assemble.ts";
import { call, exportIndex, machineOf, summary, WHOLE } from "../../../test/support/machine-run.ts";
import { makeProgram } from "../../kernel/index.ts";
import * as abi from "./runtime-abi.ts";

const OWN_NAMES = [
  abi.EXPORT_GAS,
  abi.EXPORT_DEPTH,
  abi.EXPORT_FUNCTIONS,
  abi.EXPORT_MEMORY,
  "continue",
  "table 0",
  "global 0",
  "global.get 0 0",
  "global.set 0",
  "memory.grow",
  "dropped data 0",
  "__proto__",
  "",
];
const OWN_MODULES = [abi.RUNTIME, abi.GUEST_IMPORTS, abi.HOT, "__proto__"];

/** A module that imports and exports functions under the names given. */
function named(imports: readonly string[], exports: readonly string[]): ModuleText {
  return {
    imports: Object.fromEntries(imports.map((name) => [name, "i32 -> i32"])),
    memory: [1],
    globals: ["mut f32 f32.const 1"],
    functions: exports.map((name, i) => ({
      name,
      type: "i32 -> i32",
      code: `local.get 0 ${imports.map((_, f) => `call ${f}`).join(" ")} loop end i32.const ${i} i32.add i32.const 0 memory.grow i32.add`,
    })),
  };
}

describe("names of the guest's", () => {
  it("may be the rewriter's own", () => {
    const imports = OWN_MODULES.flatMap((module) =>
      ["frame", "i32", "0", "memory.grow", "f 0"].map((name) => `${module}.${name}`),
    );
    const plain = imports.map((_, i) => `env.f${i}`);
    const hosts = (names: readonly string[]) =>
      new Map(names.map((name, i) => [name, (_: unknown, arg: unknown) => (arg as number) * 3 + i]));
    const outcome = (names: readonly string[], exports: readonly string[]) => {
      const program = makeProgram({ bytes: assembleModule(named(names, exports)) });
      const functions = hosts(names);
      return exports.map((_, i) => {
        const init = { imports: Object.fromEntries(functions) as never };
        const index = program.module.importedFunctions + i;
        const machine = machineOf(program, init);
        machine.start(index, [1]);
        return [machine.run(WHOLE), machine.gasUsed];
      });
    };
    expect(outcome(imports, OWN_NAMES)).toEqual(
      outcome(
        plain,
        OWN_NAMES.map((_, i) => `e${i}`),
      ),
    );
  });

  it("may be a custom section like the rewriter's, which says nothing", () => {
    const text = named([], ["f", "g"]);
    const lie = { name: abi.METADATA, bytes: Uint8Array.of(1, 99, 99, 1, 99, 99, 0xff) };
    const lying = makeProgram({ bytes: assembleModule({ ...text, more: { customs: [lie, lie] } }) });
    const honest = makeProgram({ bytes: assembleModule(text) });
    for (const plan of [
      { slice: WHOLE, thaws: false },
      { slice: 0, thaws: true },
    ]) {
      expect(summary(call(lying, "g", [3], {}, plan))).toEqual(summary(call(honest, "g", [3], {}, plan)));
    }
    expect(lying.functions.pointBase(1)).toBe(honest.functions.pointBase(1));
  });

  it("do not let a guest reach the machine", () => {
    const text: ModuleText = { imports: { [`${abi.RUNTIME}.frame`]: "i32 i32 i32 ->" }, functions: [] };
    const program = makeProgram({ bytes: assembleModule(text) });
    expect(() => machineOf(program)).toThrow(`import "${abi.RUNTIME}" "frame": there is no such function for guests`);
  });
});

describe("deep nesting", () => {
  const DEPTH = 300;

  it.each([
    ["blocks", "block", "end", ""],
    ["loops", "loop", "end", ""],
    ["arms", "local.get 0 i32.const -1 i32.ne if", "else i32.const 1 local.set 1 end", ""],
    ["handlers", "block try_table catch_all:0", "end end", "a"],
  ])("of %s is resumed in the middle", (_, open, close, tag) => {
    const code = `${`${open} `.repeat(DEPTH)} local.get 0 call 1 local.set 1 ${`${close} `.repeat(DEPTH)} local.get 1 local.get 0 i32.add`;
    const text: ModuleText = {
      tags: tag === "" ? [] : [""],
      functions: [
        { name: "f", type: "i32 -> i32", locals: "i32", code },
        { type: "i32 -> i32", code: "loop end local.get 0 i32.const 2 i32.mul" },
      ],
    };
    const program = makeProgram({ bytes: assembleModule(text) });
    const whole = call(program, "f", [5]);
    expect(whole.stop).toEqual({ kind: "done", results: [15] });
    for (const slice of [0, 1, 7])
      expect(summary(call(program, "f", [5], {}, { slice, thaws: true }))).toEqual(summary(whole));
  });

  it("is left by br_table to any depth, after a freeze in the innermost block", () => {
    const targets = Array.from({ length: DEPTH }, (_, i) => i).join(" ");
    const ends = Array.from({ length: DEPTH }, () => "end local.get 1 i32.const 1 i32.add local.set 1").join(" ");
    const text: ModuleText = {
      functions: [
        {
          name: "f",
          type: "i32 -> i32",
          locals: "i32",
          code: `${"block ".repeat(DEPTH)} call 1 local.get 0 br_table ${targets} ${ends} local.get 1`,
        },
        { code: "loop end" },
      ],
    };
    const program = makeProgram({ bytes: assembleModule(text) });
    expect(exportIndex(program, "f")).toBe(0);
    for (const depth of [0, 1, 150, DEPTH - 1, DEPTH + 7]) {
      const whole = call(program, "f", [depth]);
      expect(whole.stop).toEqual({ kind: "done", results: [Math.max(DEPTH - depth, 1)] });
      expect(summary(call(program, "f", [depth], {}, { slice: 0, thaws: true }))).toEqual(summary(whole));
    }
  });
});
