/**
 * Passable values as Syrup, in the forms that Endo and Goblins use: what Syrup has no value for is a record. References are the business
 * of whoever keeps the tables of a session; they are handed to its hooks.
 * @module
 */

import { PassableError } from "../errors.ts";
import { PASSABLE_DEPTH_MAX } from "../limits.ts";
import { isPlain, isTarget, stepTo } from "../pass-style.ts";
import { GuestError, type Passable, Selector, Tagged } from "../values.ts";
import { sortKeys } from "./key-order.ts";
import { SYRUP_ERROR_NAME_LENGTH_MAX } from "./limits.ts";
import type { SyrupReader } from "./reader.ts";
import { Trail } from "./trail.ts";
import type { SyrupWriter } from "./writer.ts";

export interface WriteHooks {
  /**
   * Writes a function, a promise, a target, or an object of a class that is no data, as a record of its own; throws a `PassableError` for
   * what it has no reference for.
   */
  writeReference(value: object, writer: SyrupWriter): void;
}

export interface ReadHooks {
  /** The label was read: reads the fields and the end of the record, or throws a `PassableError` for a label that it does not know. */
  readReference(label: string, reader: SyrupReader): unknown;
}

/** Names that errors have by custom. Another one stays in front of the message when it is read. */
const ERROR_NAME = /^([A-Z][A-Za-z0-9]*(?:Error|Exception)): /;

/** Whoever awaits such a struct calls what is in it, and waits for as long as that likes. */
const THENABLE = "a struct with an object under the key then cannot be passed: it would pass for a promise";

/** Writes all of the value, or nothing of it. `where` names it in errors, such as `args`. */
export function writePassable(writer: SyrupWriter, value: unknown, hooks: WriteHooks, where = "value"): void {
  const start = writer.length;
  const values = new ValueWriter(writer, hooks);
  try {
    values.write(value);
  } catch (error) {
    writer.truncate(start);
    throw values.trail.located(error, where);
  }
}

/** Reads one passable value. `where` names it in errors. */
export function readPassable(reader: SyrupReader, hooks: ReadHooks, where = "value"): unknown {
  const values = new ValueReader(reader, hooks);
  try {
    return values.read();
  } catch (error) {
    throw values.trail.located(error, where);
  }
}

function assertDepth(depth: number): void {
  if (depth >= PASSABLE_DEPTH_MAX) throw new PassableError("limit", `nested deeper than ${PASSABLE_DEPTH_MAX}`);
}

class ValueWriter {
  readonly trail: Trail = new Trail();
  readonly #writer: SyrupWriter;
  readonly #hooks: WriteHooks;
  #depth = 0;

  constructor(writer: SyrupWriter, hooks: WriteHooks) {
    this.#writer = writer;
    this.#hooks = hooks;
  }

  write(value: unknown): void {
    switch (typeof value) {
      case "string":
        this.#writer.writeString(value);
        break;
      case "number":
        this.#writer.writeFloat64(value);
        break;
      case "bigint":
        this.#writer.writeInteger(value);
        break;
      case "boolean":
        this.#writer.writeBoolean(value);
        break;
      case "undefined":
        this.#constant("void");
        break;
      case "object":
        if (value === null) this.#constant("null");
        else this.#object(value);
        break;
      case "function":
        this.#hooks.writeReference(value, this.#writer);
        break;
      default:
        throw new PassableError("unpassable", "a symbol of JavaScript cannot be passed; use makeSelector");
    }
  }

  #constant(label: string): void {
    this.#writer.beginRecord();
    this.#writer.writeSymbol(label);
    this.#writer.endRecord();
  }

  #object(value: object): void {
    if (Array.isArray(value)) this.#list(value);
    else if (isTarget(value)) this.#hooks.writeReference(value, this.#writer);
    else if (isPlain(value)) this.#struct(value);
    else if (value instanceof Selector) this.#writer.writeSymbol(value.name);
    else if (value instanceof Uint8Array) this.#writer.writeBytes(value);
    else if (value instanceof Tagged) this.#tagged(value);
    else if (value instanceof Error) this.#error(value);
    else this.#hooks.writeReference(value, this.#writer);
  }

  #list(list: readonly unknown[]): void {
    assertDepth(this.#depth++);
    this.#writer.beginList();
    let at = 0;
    try {
      for (; at < list.length; at++) this.write(list[at]);
    } catch (error) {
      this.trail.add(`[${at}]`, list);
      throw error;
    }
    this.#writer.endList();
    this.#depth--;
  }

  #struct(struct: { readonly [key: string]: unknown }): void {
    assertDepth(this.#depth++);
    this.#writer.beginStruct();
    let key = "";
    try {
      for (key of sortKeys(Object.keys(struct))) {
        const value = struct[key];
        if (key === "then" && isTarget(value)) throw new PassableError("unpassable", THENABLE);
        this.#writer.writeString(key);
        this.write(value);
      }
    } catch (error) {
      this.trail.add(stepTo(key), struct);
      throw error;
    }
    this.#writer.endStruct();
    this.#depth--;
  }

  #tagged(tagged: Tagged): void {
    assertDepth(this.#depth++);
    this.#writer.beginRecord();
    this.#writer.writeSymbol("desc:tagged");
    this.#writer.writeSymbol(tagged.tag);
    try {
      this.write(tagged.payload);
    } catch (error) {
      this.trail.add(".payload", tagged);
      throw error;
    }
    this.#writer.endRecord();
    this.#depth--;
  }

  /** Nothing of it but name and message. An error crosses whatever its text is. */
  #error(error: Error): void {
    const name = String(error.name);
    const message = String(error.message);
    this.#writer.beginRecord();
    this.#writer.writeSymbol("desc:error");
    this.#writer.writeString((name === "Error" ? message : `${name}: ${message}`).toWellFormed());
    this.#writer.endRecord();
  }
}

class ValueReader {
  readonly trail: Trail = new Trail();
  readonly #reader: SyrupReader;
  readonly #hooks: ReadHooks;
  #depth = 0;

  constructor(reader: SyrupReader, hooks: ReadHooks) {
    this.#reader = reader;
    this.#hooks = hooks;
  }

  read(): unknown {
    const kind = this.#reader.peek();
    switch (kind) {
      case "boolean":
        return this.#reader.readBoolean();
      case "float64":
        return this.#reader.readFloat64();
      case "integer":
        return this.#reader.readInteger();
      case "string":
        return this.#reader.readString();
      case "symbol":
        return new Selector(this.#reader.readSymbol());
      case "bytes":
        return this.#reader.readBytes();
      case "list":
        return this.#list();
      case "struct":
        return this.#struct();
      case "record":
        return this.#record();
      case "set":
      case "float32":
        return this.#reader.fail(`a ${kind} cannot be passed`);
      case "end":
        return this.#reader.fail("expected a value, got a closing bracket");
      default:
        return kind satisfies never;
    }
  }

  #list(): unknown[] {
    assertDepth(this.#depth++);
    const list: unknown[] = [];
    this.#reader.beginList();
    try {
      while (!this.#reader.isEnd()) list.push(this.read());
    } catch (error) {
      this.trail.add(`[${list.length}]`, list);
      throw error;
    }
    this.#reader.endList();
    this.#depth--;
    return list;
  }

  #struct(): object {
    assertDepth(this.#depth++);
    const struct: { [key: string]: unknown } = {};
    let key = "";
    this.#reader.beginStruct();
    try {
      while (!this.#reader.isEnd()) {
        key = this.#reader.readString();
        const value = this.read();
        if (key === "then" && isTarget(value)) this.#reader.fail(THENABLE);
        if (key === "__proto__") defineOwn(struct, key, value);
        else struct[key] = value;
      }
    } catch (error) {
      this.trail.add(stepTo(key), struct);
      throw error;
    }
    this.#reader.endStruct();
    this.#depth--;
    return struct;
  }

  #record(): unknown {
    this.#reader.beginRecord();
    const label = this.#reader.readSymbol();
    switch (label) {
      case "void":
        this.#reader.endRecord();
        return undefined;
      case "null":
        this.#reader.endRecord();
        return null;
      case "desc:tagged":
        return this.#tagged();
      case "desc:error":
        return this.#error();
      default:
        return this.#hooks.readReference(label, this.#reader);
    }
  }

  #tagged(): Tagged {
    assertDepth(this.#depth++);
    const tag = this.#reader.peek() === "string" ? this.#reader.readString() : this.#reader.readSymbol();
    let payload: unknown;
    try {
      payload = this.read();
    } catch (error) {
      this.trail.add(".payload", {});
      throw error;
    }
    this.#reader.endRecord();
    this.#depth--;
    return new Tagged(tag, payload as Passable);
  }

  #error(): GuestError {
    const text = this.#reader.readString();
    this.#reader.endRecord();
    const name = ERROR_NAME.exec(text.slice(0, SYRUP_ERROR_NAME_LENGTH_MAX + 2))?.[1];
    if (name === undefined) return new GuestError({ name: "Error", message: text, stack: "" });
    return new GuestError({ name, message: text.slice(name.length + 2), stack: "" });
  }
}

/** Assigning would change the prototype. */
function defineOwn(struct: object, key: string, value: unknown): void {
  Object.defineProperty(struct, key, { value, writable: true, enumerable: true, configurable: true });
}
