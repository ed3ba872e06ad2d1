/**
 * Generated uses of memories and tables as a whole: bulk operations, growing, reading and writing tables.
 * @module
 */

import type { FunctionGenerator } from "./generate-function.ts";
import type { Letter } from "./module-writer.ts";

const COUNT_MASK = 0x7fn;
const SLOT_MASK = 7n;
const PREFIX = 0xfc;

/** Small numbers mostly, so that the operations mostly do something. */
export class Bulk {
  readonly #to: FunctionGenerator;

  constructor(to: FunctionGenerator) {
    this.#to = to;
  }

  value(letter: Letter): undefined {
    const { code, random } = this.#to;
    if (letter === "r") {
      this.#masked(SLOT_MASK);
      code.byte(0x25).u32(this.#table());
    } else if (letter !== "i") {
      this.#to.value(letter);
    } else if (random.chance(0.3)) {
      code.byte(0x3f, 0);
    } else if (random.chance(0.4)) {
      this.#masked(1n);
      code.byte(0x40, 0);
    } else if (random.chance(0.5)) {
      this.#to.value("r");
      this.#masked(3n);
      code.byte(PREFIX, 15).u32(this.#table());
    } else {
      code.byte(PREFIX, 16).u32(this.#table());
    }
  }

  statement(): undefined {
    const { code, random, shape } = this.#to;
    const roll = random.below(9);
    if (roll === 0) this.#memory(() => code.byte(PREFIX, 11, 0));
    else if (roll === 1) this.#memory(() => code.byte(PREFIX, 10, 0, 0));
    else if (roll === 2) this.#memoryInit();
    else if (roll === 3) this.#elements(() => code.byte(PREFIX, 14).u32(this.#table()).u32(this.#table()));
    else if (roll === 4 && shape.passiveElements > 0) this.#tableInit();
    else if (roll === 5) this.#tableFill();
    else if (roll === 6 && random.chance(0.3)) code.byte(PREFIX, 9).u32(this.#data());
    else if (roll === 7 && random.chance(0.3)) this.#dropElements();
    else this.#tableSet();
  }

  #memory(write: () => void): void {
    this.#to.address();
    this.#to.address();
    this.#masked(COUNT_MASK);
    write();
  }

  #memoryInit(): void {
    const { code } = this.#to;
    this.#to.address();
    this.#masked(COUNT_MASK);
    this.#masked(COUNT_MASK >> 1n);
    code.byte(PREFIX, 8).u32(this.#data()).byte(0);
  }

  #elements(write: () => void): void {
    this.#masked(3n);
    this.#masked(3n);
    this.#masked(3n);
    write();
  }

  #tableInit(): void {
    const { code, random, shape } = this.#to;
    this.#elements(() => code.byte(PREFIX, 12).u32(random.below(shape.passiveElements)).u32(this.#table()));
  }

  #tableFill(): void {
    this.#masked(3n);
    this.#to.value("r");
    this.#masked(3n);
    this.#to.code.byte(PREFIX, 17).u32(this.#table());
  }

  #tableSet(): void {
    this.#masked(SLOT_MASK);
    this.#to.value("r");
    this.#to.code.byte(0x26).u32(this.#table());
  }

  #dropElements(): void {
    const { code, random, shape } = this.#to;
    code.byte(PREFIX, 13).u32(random.below(shape.passiveElements + 2));
  }

  #masked(mask: bigint): void {
    const { code, random } = this.#to;
    this.#to.value("i");
    if (random.chance(0.97)) code.byte(0x41).signed(mask).byte(0x71);
  }

  #table(): number {
    return this.#to.random.below(this.#to.shape.tables.length);
  }

  #data(): number {
    return this.#to.random.below(this.#to.shape.passiveData + 1);
  }
}
