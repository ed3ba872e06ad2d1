/**
 * Reads plain data that came from an image: every field is checked, and an error says where it lies.
 * @module
 */

import type { Plain } from "../image/index.ts";
import { KernelError } from "./errors.ts";

export class PlainReader {
  readonly value: Plain;
  readonly #where: string;

  constructor(value: Plain, where: string) {
    this.value = value;
    this.#where = where;
  }

  get isNull(): boolean {
    return this.value === null;
  }

  /** An integer within the bounds, both included. */
  int(min: number, max: number): number {
    const value = this.value;
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < min || value > max) {
      throw this.error(`expected an integer from ${min} to ${max}`);
    }
    return value;
  }

  bool(): boolean {
    if (typeof this.value !== "boolean") throw this.error("expected true or false");
    return this.value;
  }

  text(): string {
    if (typeof this.value !== "string") throw this.error("expected a string");
    return this.value;
  }

  oneOf<const T extends string>(values: readonly T[]): T {
    const found = values.find((value) => value === this.value);
    if (found === undefined) throw this.error(`expected one of ${values.join(", ")}`);
    return found;
  }

  bytes(): Uint8Array {
    if (!(this.value instanceof Uint8Array)) throw this.error("expected bytes");
    return this.value;
  }

  list(lengthMax: number): PlainReader[] {
    const value = this.value;
    if (!Array.isArray(value) || value.length > lengthMax) throw this.error(`expected a list of at most ${lengthMax}`);
    return value.map((item: Plain, index) => new PlainReader(item, `${this.#where}: ${index}`));
  }

  /** Is there such a field? */
  has(name: string): boolean {
    const { value } = this;
    return typeof value === "object" && value !== null && Object.hasOwn(value, name);
  }

  field(name: string): PlainReader {
    const value = this.value;
    if (typeof value !== "object" || value === null || Array.isArray(value) || value instanceof Uint8Array) {
      throw this.error("expected an object");
    }
    const fields = value as { readonly [key: string]: Plain };
    if (!Object.hasOwn(fields, name)) throw this.error(`${name} is missing`);
    return new PlainReader(fields[name] as Plain, `${this.#where}: ${name}`);
  }

  error(message: string): KernelError {
    return new KernelError("image", `image: ${this.#where}: ${message}`);
  }
}
