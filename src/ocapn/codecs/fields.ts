/**
 * What the fields of messages and descriptors are made of, each read and written in one place. Positions are plain numbers on this layer; which
 * table they belong to is the session's to say.
 *
 * @module
 */

import type { SyrupReader, SyrupWriter } from "../../passable/index.ts";
import { readPassable, writePassable } from "../../passable/index.ts";
import { KEY_BYTES, SIGNATURE_BYTES } from "../keys.ts";
import { HINTS_MAX } from "../limits.ts";
import { makePeerLocator, type PeerLocator } from "../locator.ts";
import type { Hooks } from "./hooks.ts";
import { readPublicKey, readSignature, writePublicKey, writeSignature } from "./keys.ts";

export interface Field<T> {
  read(reader: SyrupReader, hooks: Hooks): T;
  write(writer: SyrupWriter, value: T, hooks: Hooks): void;
}

/** To whom a message goes: an object or promise that its receiver has exported, or a promise for an answer that it owes. */
export interface Target {
  readonly kind: "export" | "answer";
  readonly position: number;
}

/** What the sender exports with the message: an object, or a promise. */
export interface Import {
  readonly kind: "object" | "promise";
  readonly position: number;
}

export const text: Field<string> = {
  read: (reader) => reader.readString(),
  write: (writer, value) => writer.writeString(value),
};

export const symbol: Field<string> = {
  read: (reader) => reader.readSymbol(),
  write: (writer, value) => writer.writeSymbol(value),
};

export const bytes: Field<Uint8Array> = {
  read: (reader) => reader.readBytes(),
  write: (writer, value) => writer.writeBytes(value),
};

export const boolean: Field<boolean> = {
  read: (reader) => reader.readBoolean(),
  write: (writer, value) => writer.writeBoolean(value),
};

export const position: Field<number> = {
  read: (reader) => reader.readPosition(),
  write: (writer, value) => writer.writeInteger(value),
};

export const positions: Field<readonly number[]> = {
  read(reader) {
    const list: number[] = [];
    reader.beginList();
    while (!reader.isEnd()) list.push(reader.readPosition());
    reader.endList();
    return list;
  },
  write(writer, list) {
    writer.beginList();
    for (const item of list) writer.writeInteger(item);
    writer.endList();
  },
};

export const passables: Field<readonly unknown[]> = {
  read(reader, hooks) {
    if (reader.peek() !== "list") return reader.fail(`expected a list of arguments, got a ${reader.peek()}`);
    return readPassable(reader, hooks, "args") as readonly unknown[];
  },
  write: (writer, list, hooks) => writePassable(writer, list, hooks, "args"),
};

export const target: Field<Target> = {
  read(reader) {
    reader.beginRecord();
    const label = reader.readSymbol();
    const kind = label === "desc:export" ? "export" : label === "desc:answer" ? "answer" : undefined;
    if (kind === undefined) return reader.fail(`expected desc:export or desc:answer, got ${label}`);
    const at = reader.readPosition();
    reader.endRecord();
    return { kind, position: at };
  },
  write(writer, value) {
    writeDescriptor(writer, value.kind === "export" ? "desc:export" : "desc:answer", value.position);
  },
};

export const imported: Field<Import> = {
  read(reader) {
    reader.beginRecord();
    const label = reader.readSymbol();
    const kind = label === "desc:import-object" ? "object" : label === "desc:import-promise" ? "promise" : undefined;
    if (kind === undefined) return reader.fail(`expected desc:import-object or desc:import-promise, got ${label}`);
    const at = reader.readPosition();
    reader.endRecord();
    return { kind, position: at };
  },
  write(writer, value) {
    writeDescriptor(writer, value.kind === "object" ? "desc:import-object" : "desc:import-promise", value.position);
  },
};

export type DescriptorLabel = "desc:import-object" | "desc:import-promise" | "desc:export" | "desc:answer";

export function writeDescriptor(writer: SyrupWriter, label: DescriptorLabel, at: number): void {
  writer.beginRecord();
  writer.writeSymbol(label);
  writer.writeInteger(at);
  writer.endRecord();
}

/** The value, or false. */
export function optional<T>(field: Field<T>): Field<T | false> {
  return {
    read(reader, hooks) {
      if (reader.peek() !== "boolean") return field.read(reader, hooks);
      if (reader.readBoolean()) return reader.fail("expected false or a value, got true");
      return false;
    },
    write(writer, value, hooks) {
      if (value === false) writer.writeBoolean(false);
      else field.write(writer, value, hooks);
    },
  };
}

/** The last field, which a peer may leave out. */
export function trailing<T>(field: Field<T>, absent: T): Field<T> {
  return {
    read: (reader, hooks) => (reader.isEnd() ? absent : field.read(reader, hooks)),
    write: (writer, value, hooks) => field.write(writer, value, hooks),
  };
}

export const publicKey: Field<Uint8Array> = {
  read: (reader) => exactly(reader, readPublicKey(reader), KEY_BYTES),
  write: (writer, value) => writePublicKey(writer, value),
};

export const signature: Field<Uint8Array> = {
  read: (reader) => exactly(reader, readSignature(reader), SIGNATURE_BYTES),
  write: (writer, value) => writeSignature(writer, value),
};

function exactly(reader: SyrupReader, value: Uint8Array, length: number): Uint8Array {
  return value.length === length ? value : reader.fail(`expected ${length} bytes, got ${value.length}`);
}

const hints: Field<{ readonly [name: string]: string }> = {
  read(reader) {
    const entries: [string, string][] = [];
    reader.beginStruct();
    while (!reader.isEnd()) {
      if (entries.length === HINTS_MAX) return reader.fail(`more than ${HINTS_MAX} hints`);
      // Some peers write the names as symbols.
      const name = reader.peek() === "symbol" ? reader.readSymbol() : reader.readString();
      entries.push([name, reader.readString()]);
    }
    reader.endStruct();
    return Object.freeze(Object.fromEntries(entries));
  },
  write(writer, value, hooks) {
    writePassable(writer, value, hooks);
  },
};

const optionalHints = optional(hints);

/** `<ocapn-peer transport designator hints>`, Locators draft. */
export const peerLocator: Field<PeerLocator> = {
  read(reader, hooks) {
    reader.beginRecord();
    const label = reader.readSymbol();
    if (label !== "ocapn-peer") return reader.fail(`expected ocapn-peer, got ${label}`);
    return readPeerLocatorBody(reader, hooks);
  },
  write(writer, value, hooks) {
    writer.beginRecord();
    writer.writeSymbol("ocapn-peer");
    writer.writeSymbol(value.transport);
    writer.writeString(value.designator);
    optionalHints.write(writer, value.hints, hooks);
    writer.endRecord();
  },
};

function readPeerLocatorBody(reader: SyrupReader, hooks: Hooks): PeerLocator {
  const transport = reader.readSymbol();
  const designator = reader.readString();
  const found = optionalHints.read(reader, hooks);
  reader.endRecord();
  return makePeerLocator({ transport, designator, hints: found }, "ocapn-peer");
}
