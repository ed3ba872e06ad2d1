import { describe, expect, it } from "vitest";
import { assembleModule, type FunctionText } from "../../../test/support/assemble.ts";
import { decodeModule } from "../decode.ts";
import { valueTypeName } from "../module.ts";
import { validateModule } from "../validate.ts";
import { planFunction } from "./continuation.ts";

/** The safepoints of a function: kind, then what is saved there (local number, or the type of an operand). Function 0 is an import. */
function pointsOf(text: FunctionText): string[] {
  const module = decodeModule(
    assembleModule({ imports: { "env.f": "i32 -> i32" }, functions: [text], memory: [1], tags: ["i32"] }),
  );
  validateModule(module);
  return planFunction(module, 1, () => false).plan.points.map(({ kind, slots }) => {
    const saved = slots.map((slot) => (slot.kind === "local" ? slot.index : valueTypeName(slot.type)));
    return [kind, ...saved].join(" ");
  });
}

const CALL = "i32.const 0 call 0 drop";

describe("what is saved at a safepoint", () => {
  it.each<[what: string, text: FunctionText, points: string[]]>([
    ["arguments, at the entry, also unused ones", { type: "i32 i64 ->", code: "loop end" }, ["entry 0 1", "loop"]],
    [
      "a local that is read later, and not one that is written first",
      { type: "i32 i32 i32 -> i32", code: `${CALL} i32.const 1 local.set 1 local.get 0 local.get 1 i32.add` },
      ["entry 0 1 2", "call 0"],
    ],
    [
      "a local that is read by a call's argument only: not after it",
      { type: "i32 -> i32", code: "local.get 0 call 0" },
      ["entry 0", "call"],
    ],
    [
      "local.tee as a write",
      { type: "i32 i32 -> i32", code: `${CALL} i32.const 4 local.tee 0 local.get 0 i32.add` },
      ["entry 0 1", "call"],
    ],
    [
      "what either arm reads",
      {
        type: "i32 i32 i32 -> i32",
        code: `${CALL} local.get 0 if i32 local.get 1 else local.get 2 end`,
      },
      ["entry 0 1 2", "call 0 1 2"],
    ],
    [
      "in an arm, what that arm and the code after the if read",
      {
        type: "i32 i32 i32 -> i32",
        code: `local.get 0 if ${CALL} local.get 1 drop else ${CALL} end local.get 2`,
      },
      ["entry 0 1 2", "call 1 2", "call 2"],
    ],
    [
      "at a loop's header, what the next iteration reads",
      { type: "i32 i32 -> i32", code: "loop local.get 0 br_if 0 end local.get 1" },
      ["entry 0 1", "loop 0 1"],
    ],
    [
      "in a loop, what is read at its start before it is written",
      {
        type: "i32 i32 ->",
        code: `loop local.get 0 drop ${CALL} i32.const 1 local.set 0 ${CALL} local.get 1 br_if 0 end`,
      },
      ["entry 0 1", "loop 0 1", "call 1", "call 0 1"],
    ],
    [
      "in an inner loop, what only the outer one reads",
      {
        type: "i32 i32 i32 ->",
        code: "loop local.get 2 drop loop local.get 0 br_if 0 end local.get 1 br_if 0 end",
      },
      ["entry 0 1 2", "loop 0 1 2", "loop 0 1 2"],
    ],
    [
      "what any target of br_table reads",
      {
        type: "i32 i32 i32 -> i32",
        code: `block block ${CALL} local.get 0 br_table 0 1 0 end local.get 1 return end local.get 2`,
      },
      ["entry 0 1 2", "call 0 1 2"],
    ],
    [
      "nothing that only dead code reads",
      { type: "i32 ->", code: `${CALL} return local.get 0 drop` },
      ["entry 0", "call"],
    ],
    [
      "what is read in a handler, at a call inside of it",
      {
        type: "i32 i32 ->",
        code: `block i32 try_table catch:0:0 ${CALL} i32.const 5 local.set 1 ${CALL} end return end drop local.get 0 drop local.get 1 drop`,
      },
      ["entry 0 1", "call 0 1", "call 0 1"],
    ],
    [
      "outside of the handler, only what is read there",
      {
        type: "i32 i32 ->",
        code: `block i32 try_table catch:0:0 end ${CALL} return end drop local.get 0 drop`,
      },
      ["entry 0 1", "call"],
    ],
    [
      "operands below a call, not its arguments",
      { type: "-> i64", code: `i64.const 1 f32.const 0 drop i32.const 7 call 0 drop` },
      ["entry", "call i64"],
    ],
    [
      "operands below and the arguments of a bulk operation",
      {
        type: "i64 -> i64",
        code: "local.get 0 i32.const 1 i32.const 2 i32.const 3 memory.fill",
      },
      ["entry 0", "bulk i32 i32 i32 i64"],
    ],
    [
      "parameters of a loop",
      { type: "i32 -> i32", code: "local.get 0 i64.const 2 loop [i64 ->] drop end" },
      ["entry 0", "loop i32 i64"],
    ],
    [
      "a local of each type, sorted by type",
      {
        type: "f64 v128 i32 funcref f32 i64 externref ->",
        code: `${CALL} ${[0, 1, 2, 3, 4, 5, 6].map((i) => `local.get ${i} drop`).join(" ")}`,
      },
      ["entry 0 1 2 3 4 5 6", "call 2 5 4 0 1 3 6"],
    ],
  ])("is %s", (_, text, points) => {
    expect(pointsOf(text)).toEqual(points);
  });

  it("is the same beyond the first word of a set", () => {
    const reads = [0, 31, 32, 63, 64, 70].map((i) => `local.get ${i} drop`).join(" ");
    expect(pointsOf({ locals: "71*i32", code: `${CALL} ${reads}` })).toEqual(["entry", "call 0 31 32 63 64 70"]);
  });
});
