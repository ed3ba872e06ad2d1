/**
 * Records by description: a label and its fields in their order. Reading and writing follow from it.
 *
 * @module
 */

import type { SyrupReader, SyrupWriter } from "../../passable/index.ts";
import type { Field } from "./fields.ts";
import type { Hooks } from "./hooks.ts";

export interface RecordCodec<L extends string, V> {
  readonly label: L;
  /** After the label. Consumes the end of the record. */
  readBody(reader: SyrupReader, hooks: Hooks): { readonly type: L } & V;
  write(writer: SyrupWriter, values: V, hooks: Hooks): void;
}

/** The fields of `V`, in the order of the wire. */
export type FieldsOf<V> = { readonly [K in keyof V]: Field<V[K]> };

export function record<L extends string, V extends object>(label: L, fields: FieldsOf<V>): RecordCodec<L, V> {
  const list = Object.entries<Field<unknown>>(fields);
  return Object.freeze({
    label,
    readBody(reader: SyrupReader, hooks: Hooks) {
      const values: { [name: string]: unknown } = { type: label };
      for (const [name, field] of list) values[name] = field.read(reader, hooks);
      reader.endRecord();
      // Each field has read what it is for.
      return values as { readonly type: L } & V;
    },
    write(writer: SyrupWriter, values: V, hooks: Hooks) {
      writer.beginRecord();
      writer.writeSymbol(label);
      for (const [name, field] of list) field.write(writer, values[name as keyof V], hooks);
      writer.endRecord();
    },
  });
}

/** A record as a field of another one. */
export function nested<L extends string, V>(codec: RecordCodec<L, V>): Field<V> {
  return {
    read(reader, hooks) {
      reader.beginRecord();
      const label = reader.readSymbol();
      return label === codec.label
        ? codec.readBody(reader, hooks)
        : reader.fail(`expected ${codec.label}, got ${label}`);
    },
    write: (writer, value, hooks) => codec.write(writer, value, hooks),
  };
}
