/**
 * Generated calls: direct, through a table, and in tail position.
 * @module
 */

import type { FunctionGenerator } from "./generate-function.ts";
import type { Letter, Signature } from "./module-writer.ts";

export class Calls {
  readonly #to: FunctionGenerator;

  constructor(to: FunctionGenerator) {
    this.#to = to;
  }

  #callable(): number[] {
    const { functions } = this.#to.shape;
    return functions.flatMap(({ kind }, i) => (!this.#to.leaf || (kind === "leaf" && i > this.#to.index) ? [i] : []));
  }

  #signatureOf(func: number): Signature {
    return this.#to.shape.functions[func]?.signature ?? { params: [], results: [] };
  }

  /** A call that gives this type last or first among its results; or something simple. */
  value(letter: Letter): undefined {
    const fitting = this.#callable().filter((func) => this.#signatureOf(func).results.includes(letter));
    if (fitting.length === 0) return this.#to.operation(letter);
    const func = this.#to.random.pick(fitting);
    this.#call(func);
    const { results } = this.#signatureOf(func);
    const at = results.indexOf(letter);
    this.#to.dropAll(results.slice(at + 1));
    if (at === 0) return;
    // The wanted one is above others: it goes to a local of its own meanwhile.
    const local = this.#to.newLocal(letter);
    this.#to.code.byte(0x21).u32(local);
    this.#to.dropAll(results.slice(0, at));
    this.#to.code.byte(0x20).u32(local);
  }

  statement(): undefined {
    const callable = this.#callable();
    if (callable.length === 0) return;
    const func = this.#to.random.pick(callable);
    this.#call(func);
    this.#to.dropAll(this.#signatureOf(func).results);
  }

  #call(func: number): undefined {
    this.#to.operands(this.#signatureOf(func).params);
    if (!this.#to.leaf && this.#to.random.chance(0.25)) this.#indirect(func, 0x11);
    else this.#to.code.byte(0x10).u32(func);
  }

  /** By a table slot that holds the function at first, or by any. */
  #indirect(func: number, opcode: number): undefined {
    const { code, random, shape } = this.#to;
    const slot = shape.slots.indexOf(func);
    if (slot >= 0 && random.chance(0.97)) code.byte(0x41).signed(BigInt(slot));
    else {
      this.#to.value("i");
      code.byte(0x41, 7, 0x71);
    }
    code
      .byte(opcode)
      .u32(shape.types.numberOf(this.#signatureOf(func)))
      .u32(0);
  }

  /** False if no function has the same results. */
  tail(): boolean {
    const results = this.#to.signature.results.join();
    const fitting = this.#callable().filter((func) => this.#signatureOf(func).results.join() === results);
    if (fitting.length === 0) return false;
    const func = this.#to.random.pick(fitting);
    this.#to.operands(this.#signatureOf(func).params);
    if (this.#to.random.chance(0.3)) this.#indirect(func, 0x13);
    else this.#to.code.byte(0x12).u32(func);
    return true;
  }
}
