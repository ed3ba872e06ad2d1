/**
 * NaNs have the bits that docs/spec/gas.md, section 9, says, wherever somebody can look at them; and so say the oracle
 * and runs that are frozen at each safepoint.
 */
import { describe, expect, it } from "vitest";
import { compare } from "../../../test/random/compare.ts";
import { assembleModule, type FunctionText, type ModuleText } from "../../../test/support/assemble.ts";
import { call } from "../../../test/support/machine-run.ts";
import { makeProgram, type Value } from "../../kernel/index.ts";

const SIGNALLING_32 = 0x7fa0_0001;
const NEGATIVE_32 = 0xffc1_2345;
const CANONICAL_32 = 0x7fc0_0000;
const SIGNALLING_64 = 0x7ff4_0000_0000_0001n;
const NEGATIVE_64 = 0xfff8_1234_5678_9abcn;
const CANONICAL_64 = 0x7ff8_0000_0000_0000n;

const SIZES = [
  {
    name: "f32",
    int: "i32",
    nan: SIGNALLING_32,
    negative: NEGATIVE_32,
    canonical: CANONICAL_32,
    negated: 0xffc0_0000,
    lanes: "f32x4",
    asInt: (bits: Value) => (bits as number) | 0,
  },
  {
    name: "f64",
    int: "i64",
    nan: SIGNALLING_64,
    negative: NEGATIVE_64,
    canonical: CANONICAL_64,
    negated: 0xfff8_0000_0000_0000n,
    lanes: "f64x2",
    asInt: (bits: Value) => BigInt.asIntN(64, bits as bigint),
  },
] as const;

const SEEDS = [1, 2];

/** Result of the first function, which is exported as "f"; and the oracle must agree, with any arguments. */
function resultOf(
  text: Omit<ModuleText, "functions">,
  functions: readonly FunctionText[],
  args: readonly Value[],
): Value {
  const bytes = assembleModule({
    ...text,
    functions: functions.map((item, i) => (i === 0 ? { ...item, name: "f" } : item)),
  });
  for (const seed of SEEDS) expect(compare(bytes, { seed })).toMatchObject({ kind: "same" });
  const program = makeProgram({ bytes });
  const whole = call(program, "f", args);
  const stepped = call(program, "f", args, {}, { slice: 0, thaws: true });
  expect(stepped.stop).toEqual(whole.stop);
  if (whole.stop.kind !== "done") throw new Error(whole.stop.kind);
  return whole.stop.results[0] as Value;
}

for (const { name, int, nan, negative, canonical, negated, lanes, asInt } of SIZES) {
  const type = `${name} -> ${name}`;
  const one = `${name}.const 1`;
  /** Keeps the NaN of the argument on x86, sign and payload; other machines give others. */
  const dirty = `local.get 0 ${one} ${name}.add`;
  const run = (code: string, more: Partial<FunctionText> = {}, text: Omit<ModuleText, "functions"> = {}) =>
    resultOf(text, [{ type, code, ...more }, IDENTITY], [negative]);
  const IDENTITY: FunctionText = { type, code: "local.get 0 loop end" };

  describe(`${name}: a NaN that arithmetic made is canonical`, () => {
    it.each([
      ["add", dirty],
      ["sub", `local.get 0 ${one} ${name}.sub`],
      ["mul", `local.get 0 ${one} ${name}.mul`],
      ["div", `local.get 0 ${one} ${name}.div`],
      ["0 / 0", `${name}.const 0 ${name}.const 0 ${name}.div`],
      ["infinity - infinity", `${name}.const Infinity ${name}.const Infinity ${name}.sub`],
      ["sqrt", `local.get 0 ${name}.sqrt`],
      ["sqrt of -1", `${name}.const -1 ${name}.sqrt`],
      ["min", `local.get 0 ${one} ${name}.min`],
      ["max", `${one} local.get 0 ${name}.max`],
      ["ceil", `local.get 0 ${name}.ceil`],
      ["floor", `local.get 0 ${name}.floor`],
      ["trunc", `local.get 0 ${name}.trunc`],
      ["nearest", `local.get 0 ${name}.nearest`],
    ])("as the result of %s", (_, code) => {
      expect(run(code)).toBe(canonical);
    });

    it.each<[string, string, Partial<FunctionText>?]>([
      ["returned", `${dirty} return`],
      ["returned by br to the outermost label", `${dirty} br 0`],
      ["carried out of a block", `block ${name} ${dirty} br 0 end`],
      ["carried by br_if", `block ${name} ${dirty} i32.const 1 br_if 0 drop local.get 0 end`],
      ["carried by br_table", `block ${name} ${dirty} i32.const 0 br_table 0 0 end`],
      ["joined with clean bits", `i32.const 1 if ${name} ${dirty} else local.get 0 end`],
      ["selected", `${dirty} local.get 0 i32.const 1 select`],
      ["selected with a type", `${dirty} local.get 0 i32.const 1 select_t ${name}`],
      ["passed to a function", `${dirty} call 1`],
      ["passed to a tail call", `${dirty} return_call 1`],
      ["in a local", `${dirty} local.set 1 local.get 1`, { locals: name }],
      [
        "in a local with clean bits at other times",
        `local.get 0 local.set 1 ${dirty} local.set 1 local.get 1`,
        { locals: name },
      ],
      ["in a parameter's local", `${dirty} local.set 0 local.get 0`],
      ["by local.tee", `${dirty} local.tee 1`, { locals: name }],
      ["copied from local to local", `${dirty} local.tee 1 local.set 2 local.get 2`, { locals: `2*${name}` }],
      ["in a local over a loop", `${dirty} local.set 1 loop end local.get 1`, { locals: name }],
      ["in a mixed local over a loop", `${dirty} local.set 0 loop end local.get 0`],
      ["on the stack over a call", `${dirty} local.get 0 call 1 drop`],
      ["on the stack through a loop", `${dirty} loop [${name} -> ${name}] end`],
      ["passed by an arm that is not there", `${dirty} i32.const 0 if [${name} -> ${name}] end`],
      [
        "passed by an arm that is not there beside one that is",
        `${dirty} i32.const 0 if [${name} -> ${name}] drop local.get 0 end`,
      ],
    ])("where it is %s", (_, code, more) => {
      expect(run(code, more)).toBe(canonical);
    });

    it("where it is in a global", () => {
      const text = { globals: [`mut ${name} ${name}.const 0`] };
      expect(run(`${dirty} global.set 0 global.get 0`, {}, text)).toBe(canonical);
    });

    it.each([
      ["stored", `i32.const 8 ${dirty} ${name}.store i32.const 8 ${int}.load`],
      ["reinterpreted", `${dirty} ${int}.reinterpret_${name}`],
      ["stored from a vector's lane", `i32.const 8 ${dirty} ${lanes}.splat v128.store i32.const 8 ${int}.load`],
      [
        "put into a lane",
        `v128.const ${"00".repeat(16)} ${dirty} ${lanes}.replace_lane 1 ${int === "i32" ? "i32x4" : "i64x2"}.extract_lane 1`,
      ],
    ])("where it is %s", (_, code) => {
      expect(run(code, { type: `${name} -> ${int}` }, { memory: [1] })).toBe(asInt(canonical));
    });

    it("where its sign is changed or taken", () => {
      expect(run(`${dirty} ${name}.neg`)).toBe(negated);
      expect(run(`${dirty} ${name}.abs`)).toBe(canonical);
      expect(run(`${one} ${dirty} ${name}.copysign`)).toBe(run(one));
      expect(run(`${dirty} ${name}.const -1 ${name}.copysign`)).toBe(negated);
      expect(run(`${dirty} ${name}.neg ${one} ${name}.add`)).toBe(canonical);
    });
  });

  describe(`${name}: what moves a NaN keeps its bits`, () => {
    it.each<[string, string, Partial<FunctionText>?]>([
      ["a parameter", "local.get 0"],
      ["a local", "local.get 0 local.set 1 local.get 1", { locals: name }],
      [
        "a local that sometimes holds results",
        `${dirty} local.set 1 local.get 0 local.set 1 local.get 1`,
        { locals: name },
      ],
      ["select", `local.get 0 ${dirty} i32.const 1 select`],
      ["a join", `i32.const 1 if ${name} local.get 0 else ${dirty} end`],
      ["a call", "local.get 0 call 1"],
      ["a safepoint", "local.get 0 loop end"],
      [
        "a branch to a loop that is entered with a result",
        `${dirty} loop [${type}] local.set 2 local.get 0 local.get 1 i32.eqz i32.const 1 local.set 1 br_if 0 drop local.get 2 end`,
        { locals: `i32 ${name}` },
      ],
      ["neg, twice", `local.get 0 ${name}.neg ${name}.neg`],
      ["copysign by itself", `local.get 0 local.get 0 ${name}.copysign`],
      ["reinterpretation", `local.get 0 ${int}.reinterpret_${name} ${name}.reinterpret_${int}`],
    ])("%s", (_, code, more) => {
      for (const bits of [nan, negative]) {
        expect(resultOf({}, [{ type, code, ...more }, IDENTITY], [bits])).toBe(bits);
      }
    });

    it("constants, memory and globals", () => {
      const bits = `0x${nan.toString(16)}`;
      expect(run(`${name}.const ${bits}`)).toBe(nan);
      expect(run(`i32.const 0 ${name}.const ${bits} ${name}.store i32.const 0 ${name}.load`, {}, { memory: [1] })).toBe(
        nan,
      );
      const text = { globals: [`mut ${name} ${name}.const ${bits}`] };
      expect(run("global.get 0", {}, text)).toBe(nan);
      expect(run("local.get 0 global.set 0 loop end global.get 0", {}, text)).toBe(negative);
    });
  });

  describe(`${lanes}: lanes`, () => {
    const argument = `local.get 0 ${lanes}.splat`;
    const ones = `${one} ${lanes}.splat`;
    const ints = int === "i32" ? "i32x4" : "i64x2";
    const lane = (code: string, locals = "") =>
      run(`${code} ${ints}.extract_lane 1`, { type: `${name} -> ${int}`, locals }, { memory: [1] });

    it.each(["add", "sub", "mul", "div", "min", "max"])("are canonical after %s", (operation) => {
      expect(lane(`${argument} ${ones} ${lanes}.${operation}`)).toBe(asInt(canonical));
      expect(lane(`${ones} ${argument} ${lanes}.${operation}`)).toBe(asInt(canonical));
    });

    it.each(["sqrt", "ceil", "floor", "trunc", "nearest"])("are canonical after %s", (operation) => {
      expect(lane(`${argument} ${lanes}.${operation}`)).toBe(asInt(canonical));
    });

    it("are canonical where they were kept as results for a while", () => {
      const sum = `${argument} ${ones} ${lanes}.add`;
      expect(lane(`${sum} local.set 1 loop end local.get 1`, "v128")).toBe(asInt(canonical));
      expect(lane(`${sum} ${ones} ${lanes}.mul ${ones} ${lanes}.sub`)).toBe(asInt(canonical));
      expect(lane(`${sum} local.set 1 i32.const 1 if v128 local.get 1 else ${argument} end`, "v128")).toBe(
        asInt(canonical),
      );
      expect(lane(`i32.const 0 ${sum} v128.store i32.const 0 v128.load`)).toBe(asInt(canonical));
      expect(lane(`${sum} v128.const ${"00".repeat(16)} v128.or`)).toBe(asInt(canonical));
      expect(lane(`${sum} ${lanes}.neg`)).toBe(asInt(negated));
      expect(lane(`${sum} local.set 1 ${argument} local.set 1 ${sum} local.set 1 local.get 1`, "v128")).toBe(
        asInt(canonical),
      );
    });

    it("of the other size are not touched", () => {
      // A sum of lanes of the other size, whose bits happen to be such a NaN of this size, must stay as it is.
      const other = int === "i32" ? "f64x2" : "f32x4";
      const code = `${argument} ${other}.neg ${other}.neg local.tee 1 local.get 1 v128.and`;
      expect(lane(code, "v128")).toBe(asInt(negative));
    });

    it("keep their bits where they are only moved or compared bit by bit", () => {
      for (const code of [
        argument,
        `${argument} ${ones} ${lanes}.pmin`,
        `${argument} v128.not v128.not`,
        `${argument} ${lanes}.neg ${lanes}.neg`,
        `${argument} local.set 1 loop end local.get 1`,
        `${argument} ${ones} v128.const ${"ff".repeat(16)} v128.bitselect`,
      ]) {
        expect(lane(code, "v128")).toBe(asInt(negative));
      }
      expect(lane(`${argument} ${lanes}.abs`)).toBe(asInt(int === "i32" ? 0x7fc1_2345 : 0x7ff8_1234_5678_9abcn));
    });

    it("give canonical scalars", () => {
      const code = `${argument} ${ones} ${lanes}.add ${lanes}.extract_lane 1`;
      expect(run(code)).toBe(canonical);
    });
  });
}

describe("conversions between sizes", () => {
  it("give canonical NaNs", () => {
    const promote: FunctionText = { type: "f32 -> f64", code: "local.get 0 f64.promote_f32" };
    const demote: FunctionText = { type: "f64 -> f32", code: "local.get 0 f32.demote_f64" };
    for (const bits of [SIGNALLING_32, NEGATIVE_32]) expect(resultOf({}, [promote], [bits])).toBe(CANONICAL_64);
    for (const bits of [SIGNALLING_64, NEGATIVE_64]) expect(resultOf({}, [demote], [bits])).toBe(CANONICAL_32);
  });

  it("give canonical lanes", () => {
    const promote = "local.get 0 f32x4.splat f64x2.promote_low_f32x4 i64x2.extract_lane 1";
    expect(resultOf({}, [{ type: "f32 -> i64", code: promote }], [NEGATIVE_32])).toBe(CANONICAL_64);
    const demote = "local.get 0 f64x2.splat f32x4.demote_f64x2_zero i32x4.extract_lane 1";
    expect(resultOf({}, [{ type: "f64 -> i32", code: demote }], [NEGATIVE_64])).toBe(CANONICAL_32);
  });
});
