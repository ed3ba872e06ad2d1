/**
 * Records by description: a label and its fields in their order. Reading and writing follow from it.
 *
 * @module
 */

import type { SyrupReader, SyrupWriter } from "../../passable/index.ts";
import type { Field } from "./fields.ts";
import type { Hooks } from "./hooks.ts";

export interface Fields {
  readonly [name: string]: Field<never> | Field<unknown>;
}

export type ValuesOf<F> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never };

export interface RecordCodec<L extends string, V> {
  readonly label: L;
  /** After the label. Consumes the end of the record. */
  readBody(reader: SyrupReader, hooks: Hooks): { readonly type: L } & V;
  write(writer: SyrupWriter, values: V, hooks: Hooks): void;
}

export function record<L extends string, F extends object>(label: L, fields: F): RecordCodec<L, ValuesOf<F>> {
  const list = Object.entries(fields) as readonly (readonly [string, Field<unknown>])[];
  return Object.freeze({
    label,
    readBody(reader: SyrupReader, hooks: Hooks) {
      const values: { [name: string]: unknown } = { type: label };
      for (const [name, field] of list) values[name] = field.read(reader, hooks);
      reader.endRecord();
      return values as { readonly type: L } & ValuesOf<F>;
    },
    write(writer: SyrupWriter, values: ValuesOf<F>, hooks: Hooks) {
      writer.beginRecord();
      writer.writeSymbol(label);
      for (const [name, field] of list)
        field.write(writer, (values as { readonly [name: string]: unknown })[name], hooks);
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
