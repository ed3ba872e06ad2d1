/**
 * Values of a library as the host gets them. The text may have been written by anybody: what comes out are data of this realm, and
 * proxies; keys such as `__proto__` become own properties.
 * @module
 */

import { base64ToBytes } from "../../bytes/index.ts";
import { link as protocol } from "../../guests/javascript/index.ts";
import { makeDate } from "./dates.ts";
import { PLAIN } from "./survey.ts";

/** What references stand for. Each throws for what is not there. */
export interface ImportTable {
  /** An object that this side exported. */
  home(id: number): unknown;
  /** The proxy, or promise, for what the other side exports. */
  remote(id: number, kind: string): unknown;
  /** The copy of an error that is known already. */
  knownError(id: number): object | undefined;
  rememberError(id: number, error: Error): void;
}

/** What came is not what a membrane writes. */
export class MalformedValue extends Error {}

export function decodeList(table: ImportTable, mode: unknown, values: unknown): unknown[] {
  if (!Array.isArray(values)) throw new MalformedValue("no list of values");
  if (mode === PLAIN) return values;
  const decoder = new Decoder(table);
  return values.map((value) => decoder.decode(value, 0));
}

type ViewMaker = new (buffer: ArrayBuffer) => object;
const VIEW_MAKERS: ReadonlyMap<unknown, ViewMaker> = new Map<unknown, ViewMaker>(
  [
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float32Array,
    Float64Array,
    BigInt64Array,
    BigUint64Array,
    DataView,
  ].map((maker) => [maker.name, maker]),
);

const ERROR_MAKERS: ReadonlyMap<unknown, ErrorConstructor> = new Map(
  [Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError].map((maker) => [maker.name, maker]),
);

interface Struct {
  readonly [key: string]: unknown;
}

class Decoder {
  readonly #table: ImportTable;
  readonly #shares = new Map<number, unknown>();

  constructor(table: ImportTable) {
    this.#table = table;
  }

  decode(json: unknown, depth: number): unknown {
    if (typeof json === "string") return json < "." && json >= "!" ? this.#text(json) : json;
    return typeof json === "object" && json !== null ? this.#object(json, depth, (value) => value) : json;
  }

  #text(text: string): unknown {
    const rest = text.slice(1);
    switch (text[0]) {
      case "!":
        return rest;
      case "#":
        return constantOf(rest);
      case "+":
        return toBigInt(rest);
      case "-":
        return toBigInt(text);
      case "%":
        return rest.startsWith(":") ? Symbol.for(rest.slice(1)) : knownSymbol(rest);
      case "&":
        return this.#shares.get(Number(rest));
      case "'":
        return this.#table.home(Number(rest));
      case "$":
        return this.#table.remote(Number(rest.slice(0, -1)), rest.slice(-1));
      default:
        throw new MalformedValue("a string with an unknown first character");
    }
  }

  /** `keep` is told of the value before its parts are read: they may refer to it. */
  #object(json: object, depth: number, keep: <V>(value: V) => V): unknown {
    if (depth > 2 * protocol.LINK_DEPTH_MAX) throw new MalformedValue("nested too deeply");
    if (Array.isArray(json)) {
      const list: unknown[] = keep([]);
      for (const item of json) list.push(this.decode(item, depth + 1));
      return list;
    }
    const fields = json as Struct;
    if (!Object.hasOwn(json, "#")) return this.#struct(fields, keep({}), depth);
    if (fields["#"] === "share") {
      const index = Number(fields.i);
      if (typeof fields.v !== "object" || fields.v === null) throw new MalformedValue("a share of no object");
      return this.#object(fields.v, depth + 1, (value) => {
        this.#shares.set(index, value);
        return value;
      });
    }
    return this.#tagged(fields, depth, keep);
  }

  #struct<T extends object>(fields: Struct, struct: T, depth: number): T {
    for (const [key, item] of Object.entries(fields)) {
      defineOwn(struct, key < "." && key >= "!" ? key.slice(1) : key, this.decode(item, depth + 1));
    }
    return struct;
  }

  #tagged(fields: Struct, depth: number, keep: <V>(value: V) => V): unknown {
    const { v } = fields;
    switch (fields["#"]) {
      case "bare":
        return this.#struct(v as Struct, keep(Object.create(null) as object), depth);
      case "array":
        return this.#sparse(fields, depth, keep);
      case "date":
        return keep(makeDate(typeof v === "number" ? v : Number.NaN));
      case "regexp": {
        const made = keep(new RegExp(String(fields.s), String(fields.f)));
        made.lastIndex = Number(fields.l);
        return made;
      }
      case "map": {
        const map = keep(new Map<unknown, unknown>());
        const list = listOf(v);
        for (let at = 0; at + 1 < list.length; at += 2) {
          map.set(this.decode(list[at], depth + 1), this.decode(list[at + 1], depth + 1));
        }
        return map;
      }
      case "set": {
        const set = keep(new Set<unknown>());
        for (const item of listOf(v)) set.add(this.decode(item, depth + 1));
        return set;
      }
      case "bytes": {
        const { buffer } = base64ToBytes(String(v));
        if (fields.t === "ArrayBuffer") return keep(buffer);
        const Maker = VIEW_MAKERS.get(fields.t);
        if (Maker === undefined) throw new MalformedValue("bytes of an unknown type");
        return keep(new Maker(buffer));
      }
      case "error":
        return keep(this.#error(fields));
      default:
        throw new MalformedValue("a value of an unknown kind");
    }
  }

  #sparse(fields: Struct, depth: number, keep: <V>(value: V) => V): unknown {
    const list: unknown[] = keep([]);
    list.length = Number(fields.n);
    const entries = listOf(fields.v);
    for (let at = 0; at + 1 < entries.length; at += 2) {
      const key = entries[at];
      if (key === "length") throw new MalformedValue("a list with a second length");
      defineOwn(list, String(key), this.decode(entries[at + 1], depth + 1));
    }
    return list;
  }

  /** An error of this realm with the guest's words, stack, data and class. */
  #error(fields: Struct): object {
    const id = Number(String(fields.r).slice(1, -1));
    const known = this.#table.knownError(id);
    if (known !== undefined) return known;
    const [name, message] = [String(fields.n), String(fields.m)];
    const Maker = ERROR_MAKERS.get(fields.c) ?? Error;
    const error = new Maker(message);
    if (error.name !== name) defineHidden(error, "name", name);
    const stack = typeof fields.s === "string" && fields.s !== "" ? `\n${fields.s}` : "";
    defineHidden(error, "stack", `${name}: ${message}${stack}`);
    this.#table.rememberError(id, error);
    if (fields.o !== undefined) {
      const prototype = this.decode(fields.o, 0);
      if (typeof prototype === "object" && prototype !== null) Object.setPrototypeOf(error, prototype);
    }
    const more = fields.p === undefined ? [] : listOf(fields.p);
    for (let at = 0; at + 1 < more.length; at += 2) {
      const parsed: unknown = JSON.parse(`[${String(more[at + 1])}]`);
      const [mode, values] = listOf(parsed);
      defineOwn(error, String(more[at]), decodeList(this.#table, mode, values)[0]);
    }
    return error;
  }
}

function defineOwn(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}

function defineHidden(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, writable: true, enumerable: false, configurable: true });
}

function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new MalformedValue("no list where one is expected");
  return value;
}

function constantOf(name: string): undefined | number {
  switch (name) {
    case "undefined":
      return undefined;
    case "NaN":
      return Number.NaN;
    case "Infinity":
      return Number.POSITIVE_INFINITY;
    case "-Infinity":
      return Number.NEGATIVE_INFINITY;
    case "-0":
      return -0;
    default:
      throw new MalformedValue("an unknown constant");
  }
}

function toBigInt(text: string): bigint {
  if (!/^-?[0-9]+$/.test(text)) throw new MalformedValue("no integer");
  return BigInt(text);
}

function knownSymbol(name: string): symbol {
  const symbol: unknown = protocol.KNOWN_SYMBOLS.includes(name) ? Reflect.get(Symbol, name) : undefined;
  if (typeof symbol !== "symbol") throw new MalformedValue("an unknown symbol");
  return symbol;
}
