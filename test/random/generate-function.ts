/**
 * Generates one function's body. `value` writes code that leaves one more operand, `statement` code that leaves none; whatever lies on
 * the operand stack below stays there meanwhile, across calls, loops and branches.
 * @module
 */

import { Bulk } from "./generate-bulk.ts";
import { Calls } from "./generate-calls.ts";
import { attempt } from "./generate-try.ts";
import { constant, isAccess, isDivision, type Plain, randomPlain, STORES } from "./generate-values.ts";
import { type BlockKind, Bytes, type Letter, OPENERS, type Signature, TYPE_CODES } from "./module-writer.ts";
import type { Random } from "./random.ts";
import { randomLetter, type Shape } from "./shape.ts";

const END = 0x0b;
const LOCALS_MAX = 14;
const MANY_LOCALS = 60;
const DEPTH_MAX = 7;
const LEAF_BUDGET = 12;
const FULL_BUDGET = 90;
const LOOP_ROUNDS_MAX = 4;
const ADDRESS_MASK = 0xff8n;

interface Label {
  readonly types: readonly Letter[];
  readonly loop: boolean;
}

export class FunctionGenerator {
  readonly code: Bytes = new Bytes();
  readonly random: Random;
  readonly shape: Shape;
  readonly index: number;
  readonly signature: Signature;
  readonly leaf: boolean;
  readonly #locals: Letter[];
  readonly labels: Label[] = [];
  readonly #bulk: Bulk;
  readonly #calls: Calls;
  #budget: number;
  #depth = 0;

  constructor(random: Random, shape: Shape, index: number) {
    const self = shape.functions[index];
    if (self === undefined) throw new RangeError(`index: no function ${index}`);
    this.random = random;
    this.shape = shape;
    this.index = index;
    this.signature = self.signature;
    this.leaf = self.kind === "leaf";
    const count = random.below(random.chance(0.05) ? MANY_LOCALS : LOCALS_MAX);
    this.#locals = [...self.signature.params, ...Array.from({ length: count }, () => randomLetter(random))];
    this.#budget = random.below(this.leaf ? LEAF_BUDGET : FULL_BUDGET) + 4;
    this.#bulk = new Bulk(this);
    this.#calls = new Calls(this);
  }

  /** With its locals before it. */
  body(): Bytes {
    if (!this.leaf && this.random.chance(0.8)) this.#guard();
    this.labels.push({ types: this.signature.results, loop: false });
    this.#statements(4);
    this.operands(this.signature.results);
    this.code.byte(END);
    const declared = this.#locals.slice(this.signature.params.length);
    const body = new Bytes().u32(declared.length);
    for (const letter of declared) body.u32(1).byte(TYPE_CODES[letter]);
    return body.bytes(this.code.list);
  }

  /** Returns at once if the fuel is used up. */
  #guard(): undefined {
    const { code, random, shape } = this;
    code.byte(0x23).u32(shape.fuel).byte(0x45, OPENERS.if, 0x40);
    for (const letter of this.signature.results) constant(code, random, letter);
    code.byte(0x0f, END, 0x23).u32(shape.fuel).byte(0x41, 1, 0x6b, 0x24).u32(shape.fuel);
  }

  value(letter: Letter): undefined {
    this.#budget--;
    if (this.#budget < 0 || this.#depth > DEPTH_MAX) return this.#simpleValue(letter);
    this.#depth++;
    if (this.random.chance(0.1)) this.statement();
    this.#pickValue(letter);
    this.#depth--;
  }

  #pickValue(letter: Letter): undefined {
    const roll = this.random.below(100);
    if (roll < 22) return this.#simpleValue(letter);
    if (roll < 52) return this.operation(letter);
    if (roll < 57) return this.#tee(letter);
    if (roll < 62) return this.#select(letter);
    if (roll < 70) return this.#block({ params: this.blockParams(), results: [letter] });
    if (roll < 76) return this.#if({ params: this.blockParams(), results: [letter] });
    if (roll < 80 && !this.leaf) return this.#loop({ params: this.blockParams(), results: [letter] });
    if (roll < 84) return this.#branchValue(letter);
    if (roll < 87 && !this.leaf) return this.#bulk.value(letter);
    if (roll < 88) return this.#diverge();
    return this.#calls.value(letter);
  }

  #simpleValue(letter: Letter): undefined {
    const { code, random } = this;
    const local = this.#localOf(letter);
    const global = this.#globalOf(letter);
    if (local !== undefined && random.chance(0.6)) code.byte(0x20).u32(local);
    else if (global !== undefined && random.chance(0.4)) code.byte(0x23).u32(global);
    else if (letter === "r" && random.chance(0.7)) code.byte(0xd2).u32(random.below(this.shape.functions.length));
    else constant(code, random, letter);
  }

  operation(letter: Letter): undefined {
    const operation = randomPlain(this.random, letter);
    if (operation === undefined) this.#simpleValue(letter);
    else this.#plain(operation);
  }

  #plain(operation: Plain): undefined {
    const { code, random } = this;
    operation.params.forEach((param, i) => {
      if (i === 0 && isAccess(operation)) this.address();
      else this.value(param);
      if (i === 1 && isDivision(operation) && random.chance(0.9)) {
        code.byte(param === "i" ? 0x41 : 0x42, 1, param === "i" ? 0x72 : 0x84);
      }
    });
    code.opcode(operation.opcode);
    operation.immediates(code, random);
  }

  /** Mostly inside the memory. */
  address(): undefined {
    this.value("i");
    if (this.random.chance(0.97)) this.code.byte(0x41).signed(ADDRESS_MASK).byte(0x71);
  }

  #tee(letter: Letter): undefined {
    this.value(letter);
    const local = this.#localOf(letter);
    if (local !== undefined) this.code.byte(0x22).u32(local);
  }

  #select(letter: Letter): undefined {
    this.value(letter);
    this.value(letter);
    this.value("i");
    if (letter === "r" || this.random.chance(0.3)) this.code.byte(0x1c, 1, TYPE_CODES[letter]);
    else this.code.byte(0x1b);
  }

  /** `block … value br_if 0 … end`, with a value to carry. */
  #branchValue(letter: Letter): undefined {
    this.open("block", { params: [], results: [letter] });
    this.value(letter);
    this.value("i");
    this.code.byte(0x0d, 0);
    if (this.random.chance(0.5)) {
      this.drop(letter);
      this.statement();
      this.value(letter);
    }
    this.close();
  }

  statement(): undefined {
    this.#budget--;
    if (this.#budget < 0 || this.#depth > DEPTH_MAX) return;
    this.#depth++;
    this.#pickStatement();
    this.#depth--;
  }

  #pickStatement(): undefined {
    const { random } = this;
    const roll = random.below(100);
    if (roll < 20) return this.#set(randomLetter(random));
    if (roll < 32) return this.#plain(random.pick(STORES));
    if (roll < 40) return this.#globalSet();
    if (roll < 47) return this.#block(this.#blockSignature(), true);
    if (roll < 55) return this.#if(this.#blockSignature(), true);
    if (roll < 63 && !this.leaf) return this.#loop(this.#blockSignature(), true);
    if (roll < 70) return this.#branchIf();
    if (roll < 74) return this.divergeIf();
    if (roll < 81 && !this.leaf) return this.#bulk.statement();
    if (roll < 86 && this.shape.exceptions && !this.leaf) return attempt(this);
    if (roll < 88) {
      this.code.byte(0x01);
      return;
    }
    return this.#calls.statement();
  }

  #statements(most: number): undefined {
    for (let left = this.random.below(most + 1); left > 0; left--) this.statement();
  }

  operands(letters: readonly Letter[]): undefined {
    for (const letter of letters) {
      if (this.random.chance(0.1)) this.statement();
      this.value(letter);
    }
  }

  #set(letter: Letter): undefined {
    this.value(letter);
    this.drop(letter);
  }

  /** Takes an operand away, into a local if there is one. */
  drop(letter: Letter): undefined {
    const local = this.#localOf(letter);
    if (local !== undefined && this.random.chance(0.6)) this.code.byte(0x21).u32(local);
    else this.code.byte(0x1a);
  }

  dropAll(letters: readonly Letter[]): undefined {
    for (const letter of [...letters].reverse()) this.drop(letter);
  }

  #globalSet(): undefined {
    const global = this.random.below(this.shape.globals.length);
    const letter = this.shape.globals[global];
    if (letter === undefined || global === this.shape.fuel) return;
    this.value(letter);
    this.code.byte(0x24).u32(global);
  }

  blockParams(): Letter[] {
    return this.random.chance(0.3)
      ? [randomLetter(this.random), randomLetter(this.random)].slice(this.random.below(2))
      : [];
  }

  #blockSignature(): Signature {
    return { params: this.blockParams(), results: this.blockParams() };
  }

  open(kind: BlockKind, signature: Signature): undefined {
    this.code.byte(OPENERS[kind]);
    this.code.blockType(signature, this.shape.types);
    this.labels.push({ types: kind === "loop" ? signature.params : signature.results, loop: kind === "loop" });
  }

  close(): undefined {
    this.labels.pop();
    this.code.byte(END);
  }

  /** The inside of a block: from its parameters on the stack to its results. */
  inside({ params, results }: Signature): undefined {
    if (params.join() === results.join() && this.random.chance(0.5)) return this.#statements(2);
    this.dropAll(params);
    this.#statements(3);
    this.operands(results);
  }

  #block(signature: Signature, dropped = false): undefined {
    this.operands(signature.params);
    this.open("block", signature);
    this.inside(signature);
    this.close();
    if (dropped) this.dropAll(signature.results);
  }

  #if(signature: Signature, dropped = false): undefined {
    this.operands(signature.params);
    this.value("i");
    this.open("if", signature);
    this.inside(signature);
    if (signature.params.join() !== signature.results.join() || this.random.chance(0.5)) {
      this.code.byte(0x05);
      this.inside(signature);
    }
    this.close();
    if (dropped) this.dropAll(signature.results);
  }

  /** Goes round a few times: a local of its own counts down. */
  #loop(signature: Signature, dropped = false): undefined {
    const { code, random } = this;
    const counter = this.newLocal("i");
    this.operands(signature.params);
    code
      .byte(0x41)
      .signed(BigInt(random.below(LOOP_ROUNDS_MAX)))
      .byte(0x21)
      .u32(counter);
    this.open("loop", signature);
    this.dropAll(signature.params);
    this.#statements(3);
    this.operands(signature.params);
    code.byte(0x20).u32(counter).byte(0x41, 1, 0x6b, 0x22).u32(counter).byte(0x41, 0, 0x4a, 0x0d, 0);
    this.dropAll(signature.params);
    this.operands(signature.results);
    this.close();
    if (dropped) this.dropAll(signature.results);
  }

  #branchIf(): undefined {
    const depth = this.#pickLabel();
    const types = this.#labelTypes(depth);
    this.operands(types);
    this.value("i");
    this.code.byte(0x0d).u32(depth);
    this.dropAll(types);
  }

  /** A loop's label seldom: nothing says that it ends then. */
  #pickLabel(): number {
    const depths = this.labels
      .map((_, i) => i)
      .filter((depth) => {
        const label = this.labels[this.labels.length - 1 - depth];
        return label !== undefined && !label.types.includes("e") && (!label.loop || this.random.chance(0.1));
      });
    return depths.length === 0 ? this.labels.length - 1 : this.random.pick(depths);
  }

  #labelTypes(depth: number): readonly Letter[] {
    return this.labels[this.labels.length - 1 - depth]?.types ?? [];
  }

  divergeIf(): undefined {
    this.value("i");
    this.open("if", { params: [], results: [] });
    this.#diverge();
    this.close();
  }

  /** Control does not come back; what follows is dead, and sometimes there is something. */
  #diverge(): undefined {
    const { code, random, shape } = this;
    const roll = random.below(100);
    if (roll < 35) this.#branch();
    else if (roll < 55) this.#branchTable();
    else if (roll < 75) {
      this.operands(this.signature.results);
      code.byte(0x0f);
    } else if (roll < 78) code.byte(0x00);
    else if (roll < 88 && shape.exceptions && !this.leaf) this.#throw();
    else if (!shape.tailCalls || this.leaf || !this.#calls.tail()) this.#branch();
    if (random.chance(0.4)) this.#dead();
  }

  #branch(): undefined {
    const depth = this.#pickLabel();
    this.operands(this.#labelTypes(depth));
    this.code.byte(0x0c).u32(depth);
  }

  #branchTable(): undefined {
    const { code, random } = this;
    const first = this.#pickLabel();
    const key = this.#labelTypes(first).join();
    const alike = this.labels.map((_, depth) => depth).filter((depth) => this.#labelTypes(depth).join() === key);
    const targets = Array.from({ length: random.below(5) }, () => (random.chance(0.7) ? first : random.pick(alike)));
    this.operands(this.#labelTypes(first));
    this.value("i");
    if (random.chance(0.7)) code.byte(0x41, 7, 0x71);
    code.byte(0x0e).u32(targets.length);
    for (const target of targets) code.u32(target);
    code.u32(first);
  }

  #throw(): undefined {
    const tag = this.random.below(this.shape.tags.length);
    this.operands(this.shape.tags[tag]?.params ?? []);
    this.code.byte(0x08).u32(tag);
  }

  /** Only operands that are not there are taken: the stack is polymorphic. */
  #dead(): undefined {
    const { code, random } = this;
    const roll = random.below(6);
    if (roll === 0) code.byte(0x1a);
    else if (roll === 1) code.byte(0x6a, 0x1a);
    else if (roll === 2) code.byte(OPENERS.block, 0x40, OPENERS.loop, 0x40, 0x0c, 0, END, END);
    else if (roll === 3) code.byte(OPENERS.if, 0x40, 0x05, 0x00, END);
    else this.statement();
  }

  /** A local that nothing else uses. */
  newLocal(letter: Letter): number {
    return this.#locals.push(letter) - 1;
  }

  #localOf(letter: Letter): number | undefined {
    return this.#indexOf(this.#locals, letter);
  }

  #globalOf(letter: Letter): number | undefined {
    return this.#indexOf(this.shape.globals, letter);
  }

  #indexOf(letters: readonly Letter[], letter: Letter): number | undefined {
    const fitting = letters.flatMap((other, i) => (other === letter ? [i] : []));
    return fitting.length === 0 ? undefined : this.random.pick(fitting);
  }
}
