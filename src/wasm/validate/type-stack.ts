/**
 * The two stacks of the validation algorithm (specification, appendix 7.3): types of operands, and the blocks that are
 * open. Both live in typed arrays that grow, so that no nesting of a module can exhaust the stack of ours.
 * @module
 */

import { WasmError } from "../errors.ts";
import { NESTING_MAX } from "../limits.ts";
import { type FunctionType, type ValueType, valueTypeName } from "../module.ts";
import { OP_IF, OP_LOOP } from "../opcodes.ts";

/** The type of an operand in unreachable code, which fits anywhere. */
export const ANY = 0;

const INITIAL_OPERANDS = 1024;
const INITIAL_FRAMES = 128;

export class TypeStack {
  /** How many blocks are open; the function itself is one. */
  depth = 0;
  #operands = new Uint8Array(INITIAL_OPERANDS);
  #height = 0;
  /** Height of the operands where the innermost block starts, and whether its code is unreachable by now. */
  #base = 0;
  #unreachable = false;
  // One entry for each open block. The innermost one's base and reachability are the fields above.
  #opcodes = new Uint8Array(INITIAL_FRAMES);
  #bases = new Uint32Array(INITIAL_FRAMES);
  #unreachables = new Uint8Array(INITIAL_FRAMES);
  #types: FunctionType[] = [];

  reset(): void {
    this.depth = 0;
    this.#height = 0;
    this.#base = 0;
    this.#unreachable = false;
  }

  push(type: ValueType): void {
    if (this.#height === this.#operands.length) this.#growOperands();
    this.#operands[this.#height++] = type;
  }

  pop(): ValueType {
    if (this.#height > this.#base) return this.#operands[--this.#height] as number;
    if (this.#unreachable) return ANY;
    throw new WasmError("invalid", "expected an operand, found nothing");
  }

  /** Pops an operand that must have the type. */
  expect(type: ValueType): void {
    if (this.#height > this.#base) {
      const found = this.#operands[--this.#height] as number;
      if (found !== type && found !== ANY) throw mismatch(type, found);
    } else if (!this.#unreachable) {
      throw mismatch(type, undefined);
    }
  }

  pushAll(types: readonly ValueType[]): void {
    for (let i = 0; i < types.length; i++) this.push(types[i] as number);
  }

  expectAll(types: readonly ValueType[]): void {
    for (let i = types.length - 1; i >= 0; i--) this.expect(types[i] as number);
  }

  /** Like `expectAll`, but leaves the operands where they are. */
  peekAll(types: readonly ValueType[]): void {
    let at = this.#height;
    for (let i = types.length - 1; i >= 0; i--) {
      const type = types[i] as number;
      if (at > this.#base) {
        const found = this.#operands[--at] as number;
        if (found !== type && found !== ANY) throw mismatch(type, found);
      } else if (!this.#unreachable) {
        throw mismatch(type, undefined);
      }
    }
  }

  /** Opens a block and pushes its parameters, which the caller has popped. */
  open(opcode: number, type: FunctionType): void {
    const depth = this.depth;
    if (depth > NESTING_MAX) throw new WasmError("unsupported", `more than ${NESTING_MAX} nested blocks`);
    if (depth === this.#opcodes.length) this.#growFrames();
    if (depth > 0) {
      this.#bases[depth - 1] = this.#base;
      this.#unreachables[depth - 1] = this.#unreachable ? 1 : 0;
    }
    this.#opcodes[depth] = opcode;
    this.#types[depth] = type;
    this.depth = depth + 1;
    this.#base = this.#height;
    this.#unreachable = false;
    this.pushAll(type.params);
  }

  /** Ends the first arm of the innermost block, which must be an `if`, and starts the second. */
  openElse(): void {
    const innermost = this.depth - 1;
    if (this.#opcodes[innermost] !== OP_IF) throw new WasmError("invalid", "there is no if that it belongs to");
    const type = this.#types[innermost] as FunctionType;
    this.#finish(type);
    this.#opcodes[innermost] = 0;
    this.#unreachable = false;
    this.pushAll(type.params);
  }

  /** Closes the innermost block and pushes its results. */
  close(): void {
    const innermost = this.depth - 1;
    const type = this.#types[innermost] as FunctionType;
    if (this.#opcodes[innermost] === OP_IF && !sameTypes(type.params, type.results)) {
      throw new WasmError("invalid", "an if without else must have the same parameters and results");
    }
    this.#finish(type);
    this.depth = innermost;
    this.#base = innermost > 0 ? (this.#bases[innermost - 1] as number) : 0;
    this.#unreachable = innermost > 0 && this.#unreachables[innermost - 1] === 1;
    this.pushAll(type.results);
  }

  /** What follows in the innermost block is not executed. */
  leave(): void {
    this.#height = this.#base;
    this.#unreachable = true;
  }

  /** What a branch to the label must have on the stack. */
  labelTypes(label: number): readonly ValueType[] {
    const frame = this.depth - 1 - label;
    if (frame < 0) throw new WasmError("invalid", `unknown label ${label}, ${this.depth} are open`);
    const type = this.#types[frame] as FunctionType;
    return this.#opcodes[frame] === OP_LOOP ? type.params : type.results;
  }

  #finish(type: FunctionType): void {
    this.expectAll(type.results);
    const left = this.#height - this.#base;
    if (left !== 0) throw new WasmError("invalid", `${left} operands are left over at the end of the block`);
  }

  #growOperands(): void {
    const operands = new Uint8Array(this.#operands.length * 2);
    operands.set(this.#operands);
    this.#operands = operands;
  }

  #growFrames(): void {
    const length = this.#opcodes.length * 2;
    const opcodes = new Uint8Array(length);
    const bases = new Uint32Array(length);
    const unreachables = new Uint8Array(length);
    opcodes.set(this.#opcodes);
    bases.set(this.#bases);
    unreachables.set(this.#unreachables);
    this.#opcodes = opcodes;
    this.#bases = bases;
    this.#unreachables = unreachables;
  }
}

export function sameTypes(a: readonly ValueType[], b: readonly ValueType[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function mismatch(expected: ValueType, found: ValueType | undefined): WasmError {
  const what = found === undefined ? "nothing" : valueTypeName(found);
  return new WasmError("invalid", `expected ${valueTypeName(expected)}, found ${what}`);
}
