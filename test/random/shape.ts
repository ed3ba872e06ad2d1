/**
 * What a generated module consists of besides code, drawn before any code is: the code refers to it.
 * @module
 */

import { type Letter, type Signature, TypeTable } from "./module-writer.ts";
import type { Random } from "./random.ts";

/** How much a function may do. Leaves have no loops and call only leaves, so that most of them are bounded. */
export type FunctionKind = "import" | "leaf" | "full";

export interface FunctionShape {
  readonly kind: FunctionKind;
  readonly signature: Signature;
}

export interface Shape {
  readonly types: TypeTable;
  readonly functions: readonly FunctionShape[];
  readonly imports: number;
  readonly globals: readonly Letter[];
  /** An i32 global that runs down at each guarded call and loop, so that most calls end. */
  readonly fuel: number;
  /** Elements of each table; of those of the first, the function in each slot. */
  readonly tables: readonly number[];
  readonly slots: readonly (number | undefined)[];
  readonly tags: readonly Signature[];
  readonly passiveData: number;
  readonly passiveElements: number;
  readonly tailCalls: boolean;
  readonly exceptions: boolean;
}

const LETTERS: readonly Letter[] = ["i", "i", "i", "I", "I", "f", "F", "F", "v", "r"];
const HOST_LETTERS: readonly Letter[] = ["i", "I", "f", "F"];
const FUNCTIONS_MAX = 9;
const PARAMS_MAX = 5;
const RESULTS_MAX = 4;
const TABLE_SLOTS = 8;

export function randomLetter(random: Random): Letter {
  return random.pick(LETTERS);
}

function letters(random: Random, most: number, from: readonly Letter[] = LETTERS): Letter[] {
  return Array.from({ length: random.below(random.below(most + 1) + 1) }, () => random.pick(from));
}

export function randomSignature(random: Random): Signature {
  return { params: letters(random, PARAMS_MAX), results: letters(random, RESULTS_MAX) };
}

export function randomShape(random: Random): Shape {
  const imports = random.below(4);
  const functions: FunctionShape[] = [];
  for (let i = 0; i < imports; i++) {
    const results = random.chance(0.5) ? [random.pick(HOST_LETTERS)] : [];
    functions.push({ kind: "import", signature: { params: letters(random, 4, HOST_LETTERS), results } });
  }
  const defined = 2 + random.below(FUNCTIONS_MAX);
  for (let i = 0; i < defined; i++) {
    functions.push({ kind: random.chance(0.35) ? "leaf" : "full", signature: randomSignature(random) });
  }
  const globals: Letter[] = ["i", ...letters(random, 12)];
  const exceptions = random.chance(0.3);
  const oneOf = (): number | undefined => (random.chance(0.85) ? random.below(functions.length) : undefined);
  return {
    types: new TypeTable(),
    functions,
    imports,
    globals,
    fuel: 0,
    tables: random.chance(0.3) ? [TABLE_SLOTS, 5] : [TABLE_SLOTS],
    slots: Array.from({ length: TABLE_SLOTS }, oneOf),
    tags: exceptions
      ? [
          { params: [], results: [] },
          { params: letters(random, 4, ["i", "I", "f", "F", "v"]), results: [] },
        ]
      : [],
    passiveData: random.below(3),
    passiveElements: random.below(3),
    tailCalls: random.chance(0.5),
    exceptions,
  };
}
