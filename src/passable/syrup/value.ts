/**
 * Any Syrup as values in memory, for tools and tests: also what OCapN has no use for, such as sets. Messages are not read this way.
 * @module
 */

import { PassableError } from "../errors.ts";
import { Selector } from "../values.ts";
import { compareBytes } from "./key-order.ts";
import { SYRUP_DEPTH_MAX } from "./limits.ts";
import { SyrupReader, type SyrupReaderOptions } from "./reader.ts";
import { SyrupWriter } from "./writer.ts";

export type SyrupValue =
  | boolean
  | number
  | bigint
  | string
  | Selector
  | Uint8Array
  | readonly SyrupValue[]
  | SyrupRecord
  | SyrupStruct
  | SyrupSet;

export class SyrupRecord {
  readonly label: SyrupValue;
  readonly fields: readonly SyrupValue[];

  constructor(label: SyrupValue, fields: readonly SyrupValue[]) {
    this.label = label;
    this.fields = fields;
  }
}

/** Keys may be any values here. Written in order whatever order they are in. */
export class SyrupStruct {
  readonly entries: readonly (readonly [SyrupValue, SyrupValue])[];

  constructor(entries: readonly (readonly [SyrupValue, SyrupValue])[]) {
    this.entries = entries;
  }
}

/** Written in order whatever order its items are in. */
export class SyrupSet {
  readonly items: readonly SyrupValue[];

  constructor(items: readonly SyrupValue[]) {
    this.items = items;
  }
}

/** The one value that these bytes are. */
export function decodeSyrup(bytes: Uint8Array, options?: SyrupReaderOptions): SyrupValue {
  const reader = new SyrupReader(bytes, options);
  const value = readValue(reader);
  if (!reader.isAtEnd) reader.fail("expected the end of the bytes after the value");
  return value;
}

function readValue(reader: SyrupReader): SyrupValue {
  const kind = reader.peek();
  switch (kind) {
    case "boolean":
      return reader.readBoolean();
    case "float64":
      return reader.readFloat64();
    case "integer":
      return reader.readInteger();
    case "string":
      return reader.readString();
    case "symbol":
      return new Selector(reader.readSymbol());
    case "bytes":
      return reader.readBytes();
    case "list": {
      reader.beginList();
      const items = readRest(reader);
      reader.endList();
      return items;
    }
    case "set": {
      reader.beginSet();
      const items = readRest(reader);
      reader.endSet();
      return new SyrupSet(items);
    }
    case "record": {
      reader.beginRecord();
      const label = readValue(reader);
      const fields = readRest(reader);
      reader.endRecord();
      return new SyrupRecord(label, fields);
    }
    case "struct":
      return readStruct(reader);
    case "float32":
      return reader.fail("a float32, which OCapN has not");
    case "end":
      return reader.fail("expected a value, got a closing bracket");
    default:
      return kind satisfies never;
  }
}

function readRest(reader: SyrupReader): SyrupValue[] {
  const items: SyrupValue[] = [];
  while (!reader.isEnd()) items.push(readValue(reader));
  return items;
}

function readStruct(reader: SyrupReader): SyrupStruct {
  const entries: [SyrupValue, SyrupValue][] = [];
  reader.beginStruct();
  while (!reader.isEnd()) entries.push([readValue(reader), readValue(reader)]);
  reader.endStruct();
  return new SyrupStruct(entries);
}

/** The canonical bytes of a value: keys and items in the order of their bytes, as the draft has it. */
export function encodeSyrup(value: SyrupValue): Uint8Array<ArrayBuffer> {
  const writer = new SyrupWriter();
  writeValue(writer, value, 0);
  return writer.take();
}

function writeValue(writer: SyrupWriter, value: SyrupValue, depth: number): void {
  if (typeof value === "boolean") writer.writeBoolean(value);
  else if (typeof value === "number") writer.writeFloat64(value);
  else if (typeof value === "bigint") writer.writeInteger(value);
  else if (typeof value === "string") writer.writeString(value);
  else if (value instanceof Selector) writer.writeSymbol(value.name);
  else if (value instanceof Uint8Array) writer.writeBytes(value);
  else writeContainer(writer, value, depth);
}

type Container = readonly SyrupValue[] | SyrupRecord | SyrupStruct | SyrupSet;

function writeContainer(writer: SyrupWriter, value: Container, depth: number): void {
  if (depth >= SYRUP_DEPTH_MAX) throw new PassableError("limit", `syrup: nested deeper than ${SYRUP_DEPTH_MAX}`);
  if (value instanceof SyrupRecord) {
    writer.beginRecord();
    writeValue(writer, value.label, depth + 1);
    for (const field of value.fields) writeValue(writer, field, depth + 1);
    writer.endRecord();
  } else if (value instanceof SyrupStruct) {
    writer.beginStruct();
    writeInOrder(writer, value.entries, depth + 1);
    writer.endStruct();
  } else if (value instanceof SyrupSet) {
    writer.beginSet();
    writeInOrder(
      writer,
      value.items.map((item) => [item]),
      depth + 1,
    );
    writer.endSet();
  } else {
    writer.beginList();
    for (const item of value) writeValue(writer, item, depth + 1);
    writer.endList();
  }
}

/** Entries by the bytes of what is first in them. */
function writeInOrder(writer: SyrupWriter, entries: readonly (readonly SyrupValue[])[], depth: number): void {
  const parts = new SyrupWriter();
  const encoded = entries.map((entry) => {
    writeValue(parts, entry[0]!, depth);
    const keyLength = parts.length;
    for (const value of entry.slice(1)) writeValue(parts, value, depth);
    const bytes = parts.take();
    return { key: bytes.subarray(0, keyLength), bytes };
  });
  encoded.sort((left, right) => compareBytes(left.key, right.key));
  for (const [at, { key, bytes }] of encoded.entries()) {
    if (at > 0 && compareBytes(encoded[at - 1]!.key, key) === 0) {
      throw new PassableError("unpassable", "syrup: a key or an item that is there twice");
    }
    writer.writeRaw(bytes);
  }
}
