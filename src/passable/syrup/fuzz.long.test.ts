import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Random } from "../../../test/random/random.ts";
import { Mutator } from "../../../test/support/mutator.ts";
import {
  decodeSyrup,
  describeSyrup,
  encodeSyrup,
  PassableError,
  readPassable,
  SyrupReader,
  SyrupSplitter,
  SyrupWriter,
  writePassable,
} from "../index.ts";

/** Inputs: 10 million take a minute or two. */
const COUNT = Number(process.env.CAPER_FUZZ_COUNT ?? 10_000_000);
const SEED = Number(process.env.CAPER_FUZZ_SEED ?? 1);
const ROUNDS = 10;
/** What the engine's own tables may grow by between two rounds, and much less than a leak of a byte an input. */
const GROWTH_BYTES_MAX = 2 << 20;

const VECTORS = new URL("../../../test/vectors/syrup/", import.meta.url);
const MESSAGES = [
  "<10'op:deliver<11'desc:export5+>[3'add1+2+]3+<18'desc:import-object17+>>",
  "<10'op:deliver<11'desc:answer5+>[{3\"age30+4\"eats[4\"fish<4'null>]2\"idD\0\0\0\0\0\0\0\0}<11'desc:tagged4'date4\"2000>]ff>",
  "<16'op:start-session3\"1.0[10'public-key[3'ecc[5'curve7'Ed25519][5'flags5'eddsa][1'q8:abcdefgh]]]<10'ocapn-peer3'tcp4\"abcd{4\"host9\"127.0.0.14\"port4\"1234}>[7'sig-val[5'eddsa[1'r2:ab][1's2:cd]]]>",
  "<13'op:gc-exports[1+2+300+][1+1+99999999999999999999+]>",
  "<8'op:abort<10'desc:error24\"RangeError: much t\u00f6o far>>",
  '{1"a#1+10+2+$2"bb{}9"__proto__<4\'void>}',
  "t5+0-3'cat",
];

function corpus(): readonly Uint8Array[] {
  const fromVectors = ["values.json", "passable.json", "malformed.json", "not-passable.json"].flatMap((name) => {
    const list = JSON.parse(readFileSync(new URL(name, VECTORS), "utf8")) as readonly { readonly hex: string }[];
    return list.map(({ hex }) => new Uint8Array(Buffer.from(hex, "hex")));
  });
  const zoo = new Uint8Array(readFileSync(new URL("zoo.bin", VECTORS)));
  return [zoo, ...MESSAGES.map((text) => new TextEncoder().encode(text)), ...fromVectors];
}

const hooks = {
  writeReference(value: object, writer: SyrupWriter): void {
    writer.beginRecord();
    writer.writeSymbol((value as { readonly label: string }).label);
    writer.endRecord();
  },
  readReference(label: string, reader: SyrupReader): unknown {
    while (!reader.isEnd()) reader.skip();
    reader.endRecord();
    return Object.assign(() => undefined, { label });
  },
};

const writer = new SyrupWriter();

/** What is accepted is written again in the same form, or, of what has several forms, in one that stays. */
function take(message: Uint8Array, how: number): void {
  switch (how) {
    case 0: {
      const value = decodeSyrup(message, { isCanonical: true });
      if (Buffer.compare(encodeSyrup(value), message) !== 0) throw new Error("another form was accepted");
      break;
    }
    case 1: {
      const reader = new SyrupReader(message);
      const value = readPassable(reader, hooks);
      if (!reader.isAtEnd) throw new Error("the splitter and the reader do not agree on the end");
      writePassable(writer, value, hooks);
      const again = writer.take();
      writePassable(writer, readPassable(new SyrupReader(again), hooks), hooks);
      if (Buffer.compare(writer.take(), again) !== 0) throw new Error("the form does not stay");
      break;
    }
    case 2:
      describeSyrup(message);
      break;
    default: {
      const reader = new SyrupReader(message);
      reader.skip();
      if (!reader.isAtEnd) throw new Error("the splitter and the reader do not agree on the end");
    }
  }
}

let accepted = 0;

function feed(input: Uint8Array, random: Random): void {
  const how = random.below(4);
  const cut = random.below(input.length + 1);
  let taken = 0;
  const onMessage = (message: Uint8Array): void => {
    taken += message.length;
    take(message, how);
    accepted++;
  };
  try {
    const splitter = new SyrupSplitter();
    splitter.push(input.subarray(0, cut), onMessage);
    splitter.push(input.subarray(cut), onMessage);
    if (taken + splitter.heldBytes !== input.length) throw new Error("bytes got lost");
    if (taken === input.length) return;
    take(input.subarray(taken), how);
  } catch (error) {
    if (error instanceof PassableError) return;
    throw error;
  }
  throw new Error("a value was accepted that is not all there");
}

let collect: () => void;
const traceLimit = Error.stackTraceLimit;

beforeAll(() => {
  setFlagsFromString("--expose-gc");
  collect = runInNewContext("gc") as () => void;
  // Most of the time would go into stacks that nobody looks at.
  Error.stackTraceLimit = 0;
});

afterAll(() => {
  Error.stackTraceLimit = traceLimit;
});

it(`takes ${COUNT} changed messages without any error but its own, and keeps nothing of them`, () => {
  const random = new Random(SEED);
  const mutator = new Mutator(random, corpus());
  const heaps: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < COUNT / ROUNDS; i++) {
      const input = mutator.next();
      try {
        feed(input, random);
      } catch (error) {
        throw new Error(`seed ${SEED}, round ${round}, input ${i}: ${Buffer.from(input).toString("hex")}`, {
          cause: error,
        });
      }
    }
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    heaps.push(heapUsed + arrayBuffers);
  }
  // Not so strange that nothing is ever accepted, nor so tame that all is.
  expect(accepted / COUNT).toBeGreaterThan(0.1);
  expect(heaps.at(-1)! - heaps[1]!).toBeLessThan(GROWTH_BYTES_MAX);
});
