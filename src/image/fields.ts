/**
 * Reading decoded data of unknown shape into precise types, with the path of what was being read in every refusal.
 * @module
 */

import { CID } from "multiformats/cid";
import { type Codec, codecAt } from "./cid.ts";
import { ImageError, type ImageErrorCode } from "./errors.ts";

export const SAFE_MAX: number = Number.MAX_SAFE_INTEGER;

export class Field {
  readonly value: unknown;
  readonly where: string;

  constructor(value: unknown, where: string) {
    this.value = value;
    this.where = where;
  }

  fail(what: string, code: ImageErrorCode = "bad-field"): ImageError {
    return new ImageError({ code, where: this.where, what });
  }

  /** A map with exactly these keys. */
  map<K extends string>(keys: readonly K[]): { readonly [key in K]: Field } {
    const record = this.record();
    const fields: { [key: string]: Field } = {};
    for (const key of keys) {
      if (!Object.hasOwn(record, key)) throw this.fail(`lacks the field "${key}"`);
      fields[key] = new Field(record[key], this.where === "" ? key : `${this.where}: ${key}`);
    }
    for (const key of Object.keys(record)) {
      if (!Object.hasOwn(fields, key)) throw this.fail(`has the unknown field ${JSON.stringify(key.slice(0, 40))}`);
    }
    return fields as { readonly [key in K]: Field };
  }

  record(): { readonly [key: string]: unknown } {
    const { value } = this;
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw this.fail("is not a map");
    if (value instanceof Uint8Array || value instanceof CID) throw this.fail("is not a map");
    return value as { readonly [key: string]: unknown };
  }

  array(lengthMax: number, unit: string): readonly unknown[] {
    const { value } = this;
    if (!Array.isArray(value)) throw this.fail("is not a list");
    if (value.length > lengthMax) throw this.fail(`has ${value.length} ${unit}, the limit is ${lengthMax}`, "limit");
    return value;
  }

  list(lengthMax: number, unit: string): readonly Field[] {
    return this.array(lengthMax, unit).map((item, index) => new Field(item, `${this.where} ${index}`));
  }

  integer(min: number, max: number): number {
    const { value } = this;
    if (typeof value !== "number" || !Number.isInteger(value)) throw this.fail("is not an integer");
    if (value < min || value > max) throw this.fail(`is ${value}, not between ${min} and ${max}`);
    return value;
  }

  text(lengthMax: number): string {
    const { value } = this;
    if (typeof value !== "string") throw this.fail("is not text");
    if (value.length > lengthMax) throw this.fail(`has ${value.length} characters, the limit is ${lengthMax}`, "limit");
    if (!value.isWellFormed()) throw this.fail("is not well-formed text");
    return value;
  }

  oneOf<T extends string>(choices: readonly T[]): T {
    for (const choice of choices) if (this.value === choice) return choice;
    throw this.fail(`is none of ${choices.join(", ")}`);
  }

  /** The 36 bytes of a link to a block of this codec. */
  link(codec: Codec): Uint8Array {
    const cid = this.value instanceof CID ? this.value : undefined;
    if (cid === undefined) throw this.fail("is not a link");
    if (codecAt(cid.bytes, 0) !== codec) throw this.fail(`is a link to a block that is not ${codec}`, "wrong-codec");
    return cid.bytes;
  }

  /** Ascending integers, each once. */
  ascending(init: { max: number; countMax: number; unit: string }): number[] {
    let previous = -1;
    return this.list(init.countMax, init.unit).map((field) => {
      const value = field.integer(0, init.max);
      if (value <= previous) throw field.fail("is not larger than the one before");
      previous = value;
      return value;
    });
  }
}
