/**
 * Bulk operations on memories and tables, table access, and references (specification 4.4.2, 4.4.10, 4.4.11).
 * @module
 */

import type { ByteReader } from "../../src/bytes/index.ts";
import type { Bulk, BulkOperand, Instruction } from "./instruction.ts";
import { type Context, type Operation, PREFIX_FC } from "./operation.ts";
import { Trap } from "./values.ts";

/** Instructions with immediates, by opcode. */
export const BULK_AND_REFERENCE: ReadonlyMap<number, (reader: ByteReader) => Instruction> = new Map([
  [PREFIX_FC + 8, (r) => memoryInit(r.u32(), r.u32())],
  [PREFIX_FC + 9, (r) => dropData(r.u32())],
  [PREFIX_FC + 10, (r) => memoryCopy(r.u32(), r.u32())],
  [PREFIX_FC + 11, (r) => memoryFill(r.u32())],
  [PREFIX_FC + 12, (r) => tableInit(r.u32(), r.u32())],
  [PREFIX_FC + 13, (r) => dropElements(r.u32())],
  [PREFIX_FC + 14, (r) => tableCopy(r.u32(), r.u32())],
  [PREFIX_FC + 16, (r) => tableSize(r.u32())],
  [PREFIX_FC + 17, (r) => tableFill(r.u32())],
  [0x25, (r) => tableGet(r.u32())],
  [0x26, (r) => tableSet(r.u32())],
] satisfies [number, (reader: ByteReader) => Instruction][]);

export const REFERENCE_OPERATIONS: readonly (readonly [number, Operation])[] = [
  [
    0xd1,
    {
      name: "ref.is_null",
      params: "r",
      results: "i",
      apply: (s) => s.push(s.popReference() === null ? 1 : 0),
    },
  ],
  [
    0xd4,
    {
      name: "ref.as_non_null",
      params: "r",
      results: "r",
      apply: (s) => {
        const reference = s.popReference();
        if (reference === null) throw new Trap("null-reference");
        s.push(reference);
      },
    },
  ],
];

function memoryBulk(name: string, execute: (c: Context, to: number, from: number, count: number) => void): Bulk {
  return { kind: "bulk", name, params: "iii", unit: "byte", execute: (c, to, from, n) => execute(c, to, num(from), n) };
}

function tableBulk(name: string, execute: (c: Context, to: number, from: number, count: number) => void): Bulk {
  return { kind: "bulk", name, params: "iii", unit: "element", execute: (c, to, f, n) => execute(c, to, num(f), n) };
}

function num(operand: BulkOperand): number {
  if (typeof operand !== "number") throw new TypeError("operand stack: expected a number, got a reference");
  return operand;
}

/** All three are unsigned here. */
function memoryFill(memory: number): Bulk {
  return memoryBulk("memory.fill", ({ instance }, to, value, count) => {
    const { bytes } = instance.memory(memory);
    if (to + count > bytes.length) throw new Trap("memory-out-of-bounds");
    bytes.fill(value & 0xff, to, to + count);
  });
}

function memoryCopy(target: number, source: number): Bulk {
  return memoryBulk("memory.copy", ({ instance }, to, from, count) => {
    const a = instance.memory(target).bytes;
    const b = instance.memory(source).bytes;
    if (to + count > a.length || from + count > b.length) throw new Trap("memory-out-of-bounds");
    a.set(b.slice(from, from + count), to);
  });
}

function memoryInit(segment: number, memory: number): Bulk {
  return memoryBulk("memory.init", ({ instance }, to, from, count) => {
    const { bytes } = instance.memory(memory);
    const data = instance.data(segment);
    if (to + count > bytes.length || from + count > data.length) throw new Trap("memory-out-of-bounds");
    bytes.set(data.subarray(from, from + count), to);
  });
}

function tableInit(segment: number, table: number): Bulk {
  return tableBulk("table.init", ({ instance }, to, from, count) => {
    const { elements } = instance.table(table);
    const items = instance.elements(segment);
    if (to + count > elements.length || from + count > items.length) throw new Trap("table-out-of-bounds");
    for (let i = 0; i < count; i++) elements[to + i] = items[from + i] ?? null;
  });
}

function tableCopy(target: number, source: number): Bulk {
  return tableBulk("table.copy", ({ instance }, to, from, count) => {
    const a = instance.table(target).elements;
    const b = instance.table(source).elements;
    if (to + count > a.length || from + count > b.length) throw new Trap("table-out-of-bounds");
    b.slice(from, from + count).forEach((element, i) => {
      a[to + i] = element;
    });
  });
}

function tableFill(table: number): Bulk {
  return {
    kind: "bulk",
    name: "table.fill",
    params: "iri",
    unit: "element",
    execute: ({ instance }, to, value, count) => {
      const { elements } = instance.table(table);
      if (to + count > elements.length) throw new Trap("table-out-of-bounds");
      if (typeof value === "number") throw new TypeError("operand stack: expected a reference, got a number");
      elements.fill(value, to, to + count);
    },
  };
}

function plain(operation: Operation): Instruction {
  return { kind: "operation", operation };
}

function dropData(segment: number): Instruction {
  return plain({ name: "data.drop", params: "", results: "", apply: (_, c) => c.instance.dropData(segment) });
}

function dropElements(segment: number): Instruction {
  return plain({ name: "elem.drop", params: "", results: "", apply: (_, c) => c.instance.dropElements(segment) });
}

function tableSize(table: number): Instruction {
  return plain({
    name: "table.size",
    params: "",
    results: "i",
    apply: (s, { instance }) => s.push(instance.table(table).elements.length),
  });
}

function tableGet(table: number): Instruction {
  return plain({
    name: "table.get",
    params: "i",
    results: "r",
    apply: (s, { instance }) => s.push(instance.table(table).get(s.popNumber())),
  });
}

function tableSet(table: number): Instruction {
  return plain({
    name: "table.set",
    params: "ir",
    results: "",
    apply: (s, { instance }) => {
      const value = s.popReference();
      instance.table(table).set(s.popNumber(), value);
    },
  });
}
