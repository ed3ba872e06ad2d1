/**
 * The static half of the gas schedule (docs/spec/gas.md): which instructions are live, where runs start, what each costs, and how
 * high the operand stack gets. One walk over a body, in the order of its instructions.
 * @module
 */

import type { FunctionType } from "../../src/wasm/index.ts";
import type { Body } from "./decode.ts";
import { type Instruction, instructionSignature, typesToLetters } from "./instruction.ts";

const LOCALS_PER_GAS = 8;
const FRAME_SLOTS = 8;

export interface Runs {
  /** For `if` with an `else`: where it is. */
  readonly elses: ReadonlyMap<number, number>;
  /** For block, loop, if, else and try_table: where its `end` is. */
  readonly ends: ReadonlyMap<number, number>;
  /** Charged at the function's entry. */
  readonly entryCharge: number;
  /**
   * By the instruction that is passed when the run starts: a loop (its header), an if (the arm for true), an else (the arm for
   * false), a conditional branch not taken, an end.
   */
  readonly charges: ReadonlyMap<number, number>;
  /** Sum of all charges. */
  readonly cost: number;
  /** What a frame of this function costs. */
  readonly slots: number;
  /** Functions called by live `call` instructions, one entry a call. */
  readonly callees: readonly number[];
  /** Whether a live instruction makes the function unbounded by itself. */
  readonly unboundedByItself: boolean;
}

const UNBOUNDED: ReadonlySet<Instruction["kind"]> = new Set([
  "loop",
  "call_indirect",
  "call_ref",
  "return_call",
  "return_call_indirect",
  "return_call_ref",
  "throw",
  "throw_ref",
  "try_table",
  "bulk",
  "grow",
]);

const FREE: ReadonlySet<Instruction["kind"]> = new Set(["block", "loop", "else", "end"]);

interface Block {
  readonly kind: "function" | "block" | "loop" | "if" | "try_table";
  readonly at: number;
  readonly type: FunctionType;
  /** Operands below its parameters. */
  readonly base: number;
  /** Whether it is reached at all. */
  readonly live: boolean;
  /** Whether a live branch goes to its label. */
  targeted: boolean;
  elseAt: number | undefined;
  /** Whether the arm before the `else` falls through. */
  thenFalls: boolean;
}

const ENTRY = -1;

export function analyseRuns(body: Body, type: FunctionType): Runs {
  return new Walk(body, type).result();
}

class Walk {
  readonly #body: Body;
  readonly #blocks: Block[] = [];
  readonly #operands: string[] = [];
  readonly #charges = new Map<number, number>();
  readonly #elses = new Map<number, number>();
  readonly #ends = new Map<number, number>();
  readonly #callees: number[] = [];
  #live = true;
  #run = ENTRY;
  #heightMax = 0;
  #unbounded = false;

  constructor(body: Body, type: FunctionType) {
    this.#body = body;
    this.#charges.set(ENTRY, Math.floor(body.declaredLocals / LOCALS_PER_GAS));
    // The function's own label takes no parameters off the operand stack.
    this.#open("function", ENTRY, { params: [], results: type.results });
    body.instructions.forEach((instruction, at) => {
      this.#visit(instruction, at);
      if (this.#live) this.#heightMax = Math.max(this.#heightMax, slotsOf(this.#operands.join("")));
    });
  }

  result(): Runs {
    const { localTypes } = this.#body;
    const charges = new Map(this.#charges);
    charges.delete(ENTRY);
    return {
      elses: this.#elses,
      ends: this.#ends,
      entryCharge: this.#charges.get(ENTRY) ?? 0,
      charges,
      cost: [...this.#charges.values()].reduce((sum, charge) => sum + charge, 0),
      slots: FRAME_SLOTS + slotsOf(typesToLetters(localTypes)) + this.#heightMax,
      callees: this.#callees,
      unboundedByItself: this.#unbounded,
    };
  }

  #visit(instruction: Instruction, at: number): undefined {
    if (this.#live) {
      if (!FREE.has(instruction.kind)) this.#charges.set(this.#run, (this.#charges.get(this.#run) ?? 0) + 1);
      if (UNBOUNDED.has(instruction.kind)) this.#unbounded = true;
      if (instruction.kind === "call") this.#callees.push(instruction.func);
      this.#operate(instructionSignature(instruction));
    }
    switch (instruction.kind) {
      case "block":
      case "loop":
      case "if":
      case "try_table":
        return this.#visitBlock(instruction, at);
      case "else":
        return this.#visitElse(at);
      case "end":
        return this.#visitEnd(at);
      default:
        if (this.#live) this.#visitBranch(instruction, at);
    }
  }

  #visitBlock(instruction: Instruction & { type: FunctionType }, at: number): undefined {
    if (instruction.kind === "if" && this.#live) this.#pop("i");
    // Catch clauses name labels outside the try_table.
    if (instruction.kind === "try_table" && this.#live) {
      for (const { label } of instruction.catches) this.#target(label);
    }
    this.#open(instruction.kind as Block["kind"], at, instruction.type);
    if (this.#live && (instruction.kind === "loop" || instruction.kind === "if")) this.#startRun(at);
  }

  #open(kind: Block["kind"], at: number, type: FunctionType): undefined {
    const base = this.#live ? this.#operands.length - type.params.length : 0;
    this.#blocks.push({ kind, at, type, base, live: this.#live, targeted: false, elseAt: undefined, thenFalls: false });
  }

  #visitElse(at: number): undefined {
    const block = this.#block(0);
    block.elseAt = at;
    block.thenFalls = this.#live;
    this.#elses.set(block.at, at);
    if (!block.live) return;
    this.#live = true;
    this.#operands.length = block.base;
    this.#operands.push(...typesToLetters(block.type.params));
    this.#startRun(at);
  }

  #visitEnd(at: number): undefined {
    const block = this.#block(0);
    this.#blocks.pop();
    this.#ends.set(block.at, at);
    if (block.elseAt !== undefined) this.#ends.set(block.elseAt, at);
    if (!block.live || block.kind === "function") return;
    this.#live = this.#live || block.targeted || armFalls(block);
    if (!this.#live) return;
    this.#operands.length = block.base;
    this.#operands.push(...typesToLetters(block.type.results));
    if (block.targeted || block.kind === "if") this.#startRun(at);
  }

  /** Of a live instruction: marks the labels it goes to, and says what follows it. */
  #visitBranch(instruction: Instruction, at: number): undefined {
    switch (instruction.kind) {
      case "br_if":
      case "br_on_null":
      case "br_on_non_null":
        this.#target(instruction.label);
        this.#startRun(at);
        break;
      case "br":
        this.#target(instruction.label);
        this.#live = false;
        break;
      case "br_table":
        for (const label of instruction.labels) this.#target(label);
        this.#live = false;
        break;
      case "return":
      case "unreachable":
      case "throw":
      case "throw_ref":
      case "return_call":
      case "return_call_indirect":
      case "return_call_ref":
        this.#live = false;
        break;
      default:
        break;
    }
  }

  /** A branch to a loop goes to its header, not to its end. */
  #target(label: number): undefined {
    const block = this.#block(label);
    if (block.kind !== "loop") block.targeted = true;
  }

  #startRun(at: number): undefined {
    this.#run = at;
    this.#charges.set(at, 0);
  }

  #operate({ params, results }: { params: string; results: string }): undefined {
    let any = "";
    for (const letter of [...params].reverse()) {
      const found = this.#pop(letter);
      if (letter === "*") any = found;
    }
    for (const letter of results) this.#operands.push(letter === "*" ? any : letter);
  }

  #pop(letter: string): string {
    const found = this.#operands.pop();
    if (found === undefined || (letter !== "*" && found !== letter)) {
      throw new TypeError(`operand stack: expected ${letter}, got ${found}`);
    }
    return found;
  }

  #block(label: number): Block {
    const block = this.#blocks[this.#blocks.length - 1 - label];
    if (block === undefined) throw new RangeError(`label: expected one of ${this.#blocks.length}, got ${label}`);
    return block;
  }
}

/** Whether an `if` is passed by way of the arm that the walk is not in at its end. */
function armFalls(block: Block): boolean {
  return block.kind === "if" && (block.elseAt === undefined || block.thenFalls);
}

/** A v128 takes two slots, everything else one. */
function slotsOf(letters: string): number {
  let slots = letters.length;
  for (const letter of letters) if (letter === "v") slots++;
  return slots;
}
