/**
 * A frame of the explicit stack, and the labels of the blocks that are open in it.
 * @module
 */

import type { Instance } from "./instance.ts";
import type { Instruction } from "./instruction.ts";
import type { Code } from "./program.ts";
import { type Stack, type TagObject, Trap, type Value } from "./values.ts";

export interface Label {
  /** The instruction that opened the block. */
  readonly at: number;
  /** Operands below the block's parameters. */
  readonly height: number;
}

/** Before the first instruction: the function's entry is still to be passed. */
export const AT_ENTRY = -1;

export class Frame {
  readonly code: Code;
  readonly instance: Instance;
  readonly locals: Value[];
  readonly labels: Label[] = [];
  /** Operands below this frame's. */
  readonly height: number;
  /** What the frame costs of the stack limit; nothing if the function is bounded. */
  readonly slots: number;
  /** Whether the caller's safepoint follows its return. */
  readonly safepointAfter: boolean;
  at: number = AT_ENTRY;
  /** A bulk operation that was charged, but stopped before it ran. */
  bulkCharged = false;

  constructor(init: {
    instance: Instance;
    func: number;
    args: readonly Value[];
    height: number;
    safepointAfter: boolean;
  }) {
    const { program } = init.instance;
    this.instance = init.instance;
    this.code = program.code(init.func);
    this.locals = [...init.args, ...this.code.localTypes.slice(init.args.length).map(zero)];
    this.height = init.height;
    this.slots = program.isBounded(init.func) ? 0 : this.code.runs.slots;
    this.safepointAfter = init.safepointAfter;
  }

  get isBounded(): boolean {
    return this.slots === 0;
  }

  get instruction(): Instruction {
    const instruction = this.code.instructions[this.at];
    if (instruction === undefined) throw new RangeError(`frame: no instruction ${this.at}`);
    return instruction;
  }

  charge(at: number): number {
    return this.code.runs.charges.get(at) ?? 0;
  }

  endOf(at: number): number {
    const end = this.code.runs.ends.get(at);
    if (end === undefined) throw new RangeError(`frame: no end of ${at}`);
    return end;
  }

  /** The label `depth` blocks out; undefined is the function's own. */
  label(depth: number): Label | undefined {
    if (depth > this.labels.length) throw new RangeError(`label: expected at most ${this.labels.length}, got ${depth}`);
    return this.labels[this.labels.length - 1 - depth];
  }

  /** The innermost catch clause that takes an exception of this tag; `depth` is that of its try_table. */
  findCatch(tag: TagObject): { depth: number; label: number; withReference: boolean; values: boolean } | undefined {
    for (let depth = 0; depth < this.labels.length; depth++) {
      const opener = this.code.instructions[this.label(depth)?.at ?? 0];
      if (opener?.kind !== "try_table") continue;
      for (const clause of opener.catches) {
        if (clause.tag === undefined || this.instance.tag(clause.tag) === tag) {
          const { label, withReference } = clause;
          return { depth, label, withReference, values: clause.tag !== undefined };
        }
      }
    }
    return undefined;
  }
}

const NULL_TYPES_FROM = 0x70;

function zero(type: number): Value {
  switch (type) {
    case 0x7f:
    case 0x7d:
      return 0;
    case 0x7e:
    case 0x7c:
      return 0n;
    case 0x7b:
      return new Uint8Array(16);
    default:
      if (type > NULL_TYPES_FROM) throw new RangeError(`local: unknown type 0x${type.toString(16)}`);
      return null;
  }
}

export function popRequired(stack: Stack): Exclude<ReturnType<Stack["popReference"]>, null> {
  const reference = stack.popReference();
  if (reference === null) throw new Trap("null-reference");
  return reference;
}
