/**
 * The operand stack while a body is walked. Every value that an instruction makes has a number; of each value the type is
 * known, and where a float's bits come from (float-sources.ts).
 * @module
 */

import { V128, type ValueType } from "../module.ts";
import { cutBytes, cutIntegers } from "./pool.ts";

const NO_VALUES: readonly number[] = [];

/** One is enough for all bodies: they are walked one after another. */
export class Operands {
  /** How many values have been made. */
  count = 0;
  /** How many are on the stack. */
  height = 0;
  /** The highest that the stack has been, in slots of 8 bytes. */
  mostSlots = 0;
  #types = new Uint8Array(1 << 10);
  #sources = new Int32Array(1 << 10);
  /** Numbers of the values on the stack, bottom first. */
  #stack = new Int32Array(1 << 8);
  /** How many of them are vectors, which take a second slot. */
  #vectors = 0;

  reset(): void {
    this.count = 0;
    this.height = 0;
    this.mostSlots = 0;
    this.#vectors = 0;
  }

  /** Makes a value and pushes it. */
  push(type: ValueType, source: number): void {
    const value = this.count++;
    if (value === this.#types.length) this.#growValues();
    this.#types[value] = type;
    this.#sources[value] = source;
    this.pushAgain(value);
  }

  /** Pushes a value that has been popped. */
  pushAgain(value: number): void {
    if (this.height === this.#stack.length) this.#growStack();
    this.#stack[this.height++] = value;
    if (this.#types[value] === V128) this.#vectors++;
    const slots = this.height + this.#vectors;
    if (slots > this.mostSlots) this.mostSlots = slots;
  }

  pop(count: number): void {
    const height = this.height - count;
    if (this.#vectors > 0) {
      for (let h = height; h < this.height; h++) if (this.#types[this.#stack[h] as number] === V128) this.#vectors--;
    }
    this.height = height;
  }

  /** The value that has `above` others on it. */
  peek(above: number): number {
    return this.#stack[this.height - 1 - above] as number;
  }

  /** Numbers of the values from a height up, bottom first. */
  from(base: number): readonly number[] {
    if (this.height === base) return NO_VALUES;
    const values: number[] = [];
    for (let h = base; h < this.height; h++) values.push(this.#stack[h] as number);
    return values;
  }

  typeOf(value: number): ValueType {
    return this.#types[value] as number;
  }

  sourceOf(value: number): number {
    return this.#sources[value] as number;
  }

  /** By value, to be kept. */
  types(): Uint8Array {
    const types = cutBytes(this.count);
    types.set(this.#types.subarray(0, this.count));
    return types;
  }

  /** By value, to be kept. */
  sources(): Int32Array {
    const sources = cutIntegers(this.count);
    sources.set(this.#sources.subarray(0, this.count));
    return sources;
  }

  #growValues(): void {
    const types = new Uint8Array(this.count * 2);
    types.set(this.#types);
    this.#types = types;
    const sources = new Int32Array(this.count * 2);
    sources.set(this.#sources);
    this.#sources = sources;
  }

  #growStack(): void {
    const stack = new Int32Array(this.height * 2);
    stack.set(this.#stack);
    this.#stack = stack;
  }
}
