import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judgeModule } from "../../test/support/agree.ts";
import { SAMPLE_MODULE, SAMPLE_PARTS } from "../../test/support/sample-module.ts";
import { ByteWriter } from "../bytes/index.ts";
import { decodeModule } from "./decode.ts";
import { writeCustomSection, writeHeader, writeSection } from "./encode.ts";
import { encodeModule, type ModuleParts, moduleToParts } from "./encode-module.ts";
import { EXNREF, EXTERNREF, F32, F64, FUNCREF, I32, I64, type Limits, V128 } from "./module.ts";

const valueType = fc.constantFrom(I32, I64, F32, F64, V128, FUNCREF, EXTERNREF, EXNREF);
const functionType = fc.record({ params: fc.array(valueType), results: fc.array(valueType) });
const u32 = fc.nat(0xffffffff);
const bytes = fc.uint8Array({ maxLength: 40 });
const name = fc.string({ unit: "binary", maxLength: 10 });

function limits(elementsMax: number): fc.Arbitrary<Limits> {
  return fc
    .tuple(fc.nat(elementsMax), fc.nat(elementsMax), fc.boolean())
    .map(([a, b, bounded]) => ({ min: Math.min(a, b), max: bounded ? Math.max(a, b) : undefined }));
}

const table = fc.record({ element: fc.constantFrom(FUNCREF, EXTERNREF, EXNREF), limits: limits(1000) });
const global = fc.record({ type: valueType, mutable: fc.boolean() });
const names = { module: name, name };
const anImport = fc.oneof(
  fc.record({ ...names, kind: fc.constant("func" as const), type: u32 }),
  fc.record({ ...names, kind: fc.constant("table" as const), table }),
  fc.record({ ...names, kind: fc.constant("global" as const), global }),
  fc.record({ ...names, kind: fc.constant("tag" as const), type: u32 }),
);
const constant = fc.nat(63).map((value) => [0x41, value, 0x0b]);
const item = fc.oneof(u32, fc.record({ global: u32 }));
const element = fc.oneof(
  fc.record({
    mode: fc.constant("active" as const),
    table: u32,
    type: fc.constant(FUNCREF),
    offset: constant,
    items: fc.array(item),
  }),
  fc.record({
    mode: fc.constantFrom("passive" as const, "declarative" as const),
    table: fc.constant(0),
    type: fc.constantFrom(FUNCREF, EXTERNREF),
    items: fc.array(fc.constant(null)),
  }),
);
const data = fc.oneof(
  fc.record({ mode: fc.constant("active" as const), memory: u32, offset: constant, bytes }),
  fc.record({ mode: fc.constant("passive" as const), bytes }),
);
const body = fc.record({
  locals: fc.array(fc.record({ count: fc.nat(1000), type: valueType }), { maxLength: 5 }),
  code: fc.uint8Array({ minLength: 1, maxLength: 30 }),
});

const moduleParts: fc.Arbitrary<ModuleParts> = fc
  .record({
    types: fc.array(functionType),
    imports: fc.array(anImport),
    defined: fc.array(fc.tuple(u32, body)),
    tables: fc.array(table),
    memories: fc.array(limits(65536), { maxLength: 1 }),
    tags: fc.array(u32),
    globals: fc.array(fc.record({ global, init: constant })),
    exports: fc.array(
      fc.record({ name, kind: fc.constantFrom("func", "table", "memory", "global", "tag"), index: u32 }),
    ),
    start: fc.option(u32, { nil: undefined }),
    elements: fc.array(element),
    counted: fc.boolean(),
    data: fc.array(data),
    customs: fc.array(fc.record({ name, bytes })),
  })
  .map(({ defined, counted, ...rest }) => ({
    ...rest,
    functions: defined.map(([type]) => type),
    bodies: defined.map(([, given]) => given),
    dataCount: counted ? rest.data.length : undefined,
  }));

/** Everything but the bytes and the ranges in them. */
function withoutPlaces(encoded: Uint8Array): unknown {
  const module = decodeModule(encoded);
  const { bytes: _, bodies, globalInits, data: segments, elements, customs, ...rest } = module;
  return {
    ...rest,
    locals: bodies.map(({ locals }) => locals),
    inits: globalInits.map((init) => init !== undefined),
    data: segments.map(({ mode, memory }) => [mode, memory]),
    elements: elements.map(({ offset, ...given }) => ({ ...given, offset: offset !== undefined })),
    customs: customs.map((custom) => custom.name),
  };
}

describe("encodeModule", () => {
  it("is undone by decodeModule, and does the same again", () => {
    fc.assert(
      fc.property(moduleParts, (parts) => {
        const encoded = encodeModule(parts);
        const again = encodeModule(moduleToParts(decodeModule(encoded)));
        expect([...again]).toEqual([...encoded]);
        expect(withoutPlaces(again)).toEqual(withoutPlaces(encoded));
      }),
    );
  });

  it("writes each part where it belongs", () => {
    const module = decodeModule(SAMPLE_MODULE);
    expect(module.types).toEqual(SAMPLE_PARTS.types);
    expect(module.imports).toEqual(SAMPLE_PARTS.imports);
    expect(module.exports).toEqual(SAMPLE_PARTS.exports);
    expect(module.bodies.length).toBe(SAMPLE_PARTS.bodies?.length);
    expect([...encodeModule({})]).toEqual([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  });

  it("makes of a large module one that is as valid", () => {
    const file = new URL("../../node_modules/quickjs-wasi/quickjs.wasm", import.meta.url);
    const original = new Uint8Array(readFileSync(file));
    const encoded = encodeModule(moduleToParts(decodeModule(original)));
    expect(judgeModule(encoded)).toEqual({ code: "ok", message: "" });
    expect(WebAssembly.validate(encoded)).toBe(true);
    expect(withoutPlaces(encoded)).toEqual(withoutPlaces(original));
  });
});

describe("sections", () => {
  it("may be written one by one, of any size", () => {
    const out = new ByteWriter();
    writeHeader(out);
    writeSection(out, 1, () => out.u8(0));
    writeCustomSection(out, "big", () => out.bytes(new Uint8Array(100_000)));
    const module = decodeModule(out.toBytes());
    expect(module.customs.map((custom) => [custom.name, custom.end - custom.start])).toEqual([["big", 100_000]]);
  });
});
