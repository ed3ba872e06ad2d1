/**
 * Notes, while a body is walked, where the bits of floats become observable and what the locals that hold floats are given
 * (float-sources.ts says why).
 * @module
 */

import type { ValueType } from "../module.ts";
import { CLEAN, holdsFloats, joinSources, NEUTRAL } from "./float-sources.ts";
import type { Operands } from "./operands.ts";

const NONE: ReadonlyMap<number, readonly number[]> = new Map();

export class FloatObservations {
  /** Local, source, local, source, … */
  readonly definitions: number[] = [];
  readonly #operands: Operands;
  #observed: Map<number, readonly number[]> | undefined;

  constructor(operands: Operands) {
    this.#operands = operands;
  }

  /** Operands whose bits an instruction shows, by instruction: values, top of the stack first. */
  get observed(): ReadonlyMap<number, readonly number[]> {
    return this.#observed ?? NONE;
  }

  /** Operands of these types, on which lie `above` others, become observable at instruction i. */
  observe(i: number, types: readonly ValueType[], above: number): void {
    let floats = false;
    for (let t = 0; t < types.length; t++) if (holdsFloats(types[t] as number)) floats = true;
    if (floats) this.#observeValues(i, types.length + above);
  }

  /** The same for the one operand on top. */
  observeTop(i: number): void {
    if (holdsFloats(this.#operands.typeOf(this.#operands.peek(0)))) this.#observeValues(i, 1);
  }

  /** The value on top goes into a local of that type. */
  define(i: number, local: number, type: ValueType): void {
    if (!holdsFloats(type)) return;
    this.observeTop(i);
    this.definitions.push(local, this.#operands.sourceOf(this.#operands.peek(0)));
  }

  /** One of two values goes on: with its bits as they are, if both come from the same kind of arithmetic. */
  select(i: number): void {
    const stack = this.#operands;
    const second = stack.peek(1);
    const first = stack.peek(2);
    const type = stack.typeOf(first);
    let source = CLEAN;
    if (holdsFloats(type)) {
      if (stack.sourceOf(first) < CLEAN && stack.sourceOf(second) < CLEAN) {
        source = joinSources(stack.sourceOf(first), stack.sourceOf(second));
      }
      if (source === CLEAN) this.observe(i, [type, type], 1);
    }
    stack.pop(3);
    stack.push(type, source);
  }

  #observeValues(i: number, count: number): void {
    if (this.#observed?.has(i) === true) return;
    const stack = this.#operands;
    const values: number[] = [];
    let matters = false;
    for (let above = 0; above < count; above++) {
      const value = stack.peek(above);
      const source = stack.sourceOf(value);
      values.push(value);
      const may = (source < CLEAN && source !== NEUTRAL) || source >= 0;
      if (may && holdsFloats(stack.typeOf(value))) matters = true;
    }
    if (!matters) return;
    this.#observed ??= new Map();
    this.#observed.set(i, values);
  }
}
