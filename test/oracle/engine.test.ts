import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeModule } from "../../src/wasm/index.ts";
import { assemble, Bytes } from "../random/module-writer.ts";
import { Random } from "../random/random.ts";
import { randomF32, randomF64, randomInteger } from "../random/values.ts";
import { OPERATIONS } from "./decode.ts";
import { interpret } from "./index.ts";
import { fromLanes, toLanes } from "./lanes.ts";
import type { Operation } from "./operation.ts";

/** Where operands and the result lie: 16 bytes each, the result first. */
const SLOT = 16;
const OPERANDS_MAX = 3;

const LOADS: { readonly [letter: string]: readonly number[] } = {
  i: [0x28],
  I: [0x29],
  f: [0x2a],
  F: [0x2b],
  v: [0xfd, 0],
};
const STORES: { readonly [letter: string]: readonly number[] } = {
  i: [0x36],
  I: [0x37],
  f: [0x38],
  F: [0x39],
  v: [0xfd, 11],
};

/** A module whose function 0 takes the operands out of memory and puts the operation's result there. */
function moduleFor(opcode: number, { params, results }: Operation): Uint8Array<ArrayBuffer> {
  const code = new Bytes().u32(0).byte(0x41, 0);
  [...params].forEach((letter, i) => {
    code
      .byte(0x41)
      .signed(BigInt(SLOT * (i + 1)))
      .byte(...(LOADS[letter] ?? []), 0, 0);
  });
  code.opcode(opcode).byte(...(STORES[results] ?? []), 0, 0, 0x0b);
  const bytes = assemble(
    [
      { id: 1, items: [new Bytes().byte(0x60, 0, 0)] },
      { id: 3, items: [new Bytes().u32(0)] },
      { id: 5, items: [new Bytes().byte(0, 1)] },
      { id: 7, items: [new Bytes().name("run").byte(0, 0), new Bytes().name("memory").byte(2, 0)] },
      { id: 10, items: [new Bytes().sized(code)] },
    ],
    0,
  );
  return new Uint8Array(bytes);
}

/** Vectors are now four singles, now two doubles, now bytes: what is special for one shape is noise for the others. */
function randomOperands(random: Random, params: string): Uint8Array {
  const memory = new Uint8Array(SLOT * OPERANDS_MAX);
  [...params].forEach((letter, i) => {
    const integers = (): bigint[] => Array.from({ length: 8 }, () => randomInteger(random));
    const singles = [0, 1, 2, 3].map(() => BigInt(randomF32(random)));
    const doubles = [randomF64(random), randomF64(random)];
    const shapes = [fromLanes(singles, 32), fromLanes(doubles, 64), fromLanes(integers(), 16), random.bytes(SLOT)];
    const integer = fromLanes([randomInteger(random), 0n], 64);
    const bits =
      letter === "f" ? shapes[0] : letter === "F" ? shapes[1] : letter === "v" ? random.pick(shapes) : integer;
    memory.set(bits ?? integer, SLOT * i);
  });
  return memory;
}

/** The engine may choose a NaN's bits, the oracle may not. */
function withoutNans(bytes: Uint8Array, { name, results }: Operation): string {
  const single = results === "f" || /^f32x4/.test(name);
  const double = results === "F" || /^f64x2/.test(name);
  const bits = single ? 32 : 64;
  const infinity = single ? 0x7f800000n : 0x7ff0000000000000n;
  const lanes = toLanes(bytes, bits, "u").map((lane) => {
    const magnitude = BigInt.asUintN(bits - 1, lane);
    return (single || double) && magnitude > infinity ? "NaN" : String(lane);
  });
  return lanes.join(" ");
}

const TRAP_TEXTS: readonly (readonly [RegExp, string])[] = [
  [/divide by zero|remainder by zero/, "divide-by-zero"],
  [/unrepresentable/, "integer-overflow"],
];

function runInEngine(instance: WebAssembly.Instance, operands: Uint8Array): Uint8Array | string {
  const memory = instance.exports.memory as WebAssembly.Memory;
  const run = instance.exports.run as () => void;
  new Uint8Array(memory.buffer).set(operands, SLOT);
  new Uint8Array(memory.buffer).fill(0, 0, SLOT);
  try {
    run();
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return TRAP_TEXTS.find(([pattern]) => pattern.test(text))?.[1] ?? text;
  }
  return new Uint8Array(memory.buffer).slice(0, SLOT);
}

describe("every instruction without immediates gives what the engine gives", () => {
  const RUNS = 60;
  for (const [opcode, operation] of OPERATIONS) {
    if (operation.params.includes("r")) continue;
    it(operation.name, () => {
      const bytes = moduleFor(opcode, operation);
      const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes));
      const oracle = interpret(decodeModule(bytes));
      oracle.begin();
      const memory = oracle.instance.memory(0);
      fc.assert(
        fc.property(fc.integer(), (seed) => {
          const operands = randomOperands(new Random(seed), operation.params);
          memory.bytes.set(operands, SLOT);
          memory.bytes.fill(0, 0, SLOT);
          const expected = runInEngine(instance, operands);
          const result = oracle.call(0, []);
          if (typeof expected === "string") expect(result).toMatchObject({ kind: "trap", code: expected });
          else {
            expect(result.kind).toBe("done");
            expect(withoutNans(memory.bytes.slice(0, SLOT), operation)).toBe(withoutNans(expected, operation));
          }
        }),
        { seed: opcode, numRuns: RUNS },
      );
    });
  }
});
