/**
 * Changes messages at random, for fuzzing: bits, brackets, digits, parts left out, repeated, or taken from another message.
 *
 * @module
 */
import type { Random } from "../random/random.ts";

export const INPUT_BYTES_MAX = 2_048;

/** Bytes that mean something, and some that are on the edge of meaning something. */
const TOKENS = new TextEncoder().encode("0123456789+-:\"'<>[]{}#$tfDF");
const EDGES = new Uint8Array([0x00, 0x2f, 0x3a, 0x7f, 0x80, 0xbf, 0xc0, 0xed, 0xf4, 0xff]);

/** Changes random messages, in one buffer that is used again and again. */
export class Mutator {
  readonly #random: Random;
  readonly #corpus: readonly Uint8Array[];
  readonly #bytes: Uint8Array = new Uint8Array(INPUT_BYTES_MAX);
  #length = 0;

  constructor(random: Random, messages: readonly Uint8Array[]) {
    this.#random = random;
    this.#corpus = messages;
  }

  next(): Uint8Array {
    const message = this.#message();
    this.#bytes.set(message);
    this.#length = message.length;
    for (let changes = this.#random.below(4); changes >= 0; changes--) this.#change();
    return this.#bytes.subarray(0, this.#length);
  }

  #message(): Uint8Array {
    return this.#corpus[this.#random.below(this.#corpus.length)]!;
  }

  #change(): void {
    const random = this.#random;
    const at = random.below(this.#length + 1);
    switch (random.below(8)) {
      case 0:
        this.#bytes[at]! ^= 1 << random.below(8);
        break;
      case 1:
        this.#bytes[at] = TOKENS[random.below(TOKENS.length)]!;
        break;
      case 2:
        this.#bytes[at] = EDGES[random.below(EDGES.length)]!;
        break;
      case 3:
        this.#length = at;
        break;
      case 4:
        this.#replace(at, 0, TOKENS.subarray(random.below(TOKENS.length)).subarray(0, 1 + random.below(3)));
        break;
      case 5:
        this.#replace(at, 1 + random.below(8), EDGES.subarray(0, 0));
        break;
      case 6:
        this.#replace(at, 0, this.#bytes.slice(at, Math.min(this.#length, at + 1 + random.below(32))));
        break;
      default:
        this.#replace(at, random.below(16), this.#message());
    }
  }

  #replace(at: number, count: number, bytes: Uint8Array): void {
    const rest = Math.min(this.#length, at + count);
    if (this.#length - (rest - at) + bytes.length > INPUT_BYTES_MAX) return;
    this.#bytes.copyWithin(at + bytes.length, rest, this.#length);
    this.#bytes.set(bytes, at);
    this.#length += bytes.length - (rest - at);
  }
}
