import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { disagreement, judgeModule } from "../../test/support/agree.ts";
import { SAMPLE_MODULE } from "../../test/support/sample-module.ts";
import { ByteReader, ByteWriter } from "../bytes/index.ts";

const HEADER = SAMPLE_MODULE.subarray(0, 8);

interface Section {
  readonly id: number;
  readonly contents: Uint8Array;
}

function splitSections(module: Uint8Array): Section[] {
  const reader = new ByteReader(module, HEADER.length);
  const sections: Section[] = [];
  while (!reader.done) sections.push({ id: reader.u8(), contents: reader.view(reader.u32()) });
  return sections;
}

function joinSections(sections: readonly Section[]): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter();
  out.bytes(HEADER);
  for (const { id, contents } of sections) {
    out.u8(id);
    out.u32(contents.length);
    out.bytes(contents);
  }
  return out.toBytes();
}

/** Disagreements, without which the list is empty: so that a failure shows the module. */
function disagreements(modules: Iterable<Uint8Array<ArrayBuffer>>): string[] {
  const found: string[] = [];
  for (const module of modules) {
    const sentence = disagreement(module);
    if (sentence !== undefined) found.push(sentence);
  }
  return found;
}

const sections = splitSections(SAMPLE_MODULE);

describe("a module that is cut", () => {
  it("at any byte gets the engine's verdict", () => {
    const cuts = Array.from(SAMPLE_MODULE.keys(), (length) => SAMPLE_MODULE.slice(0, length));
    expect(disagreements(cuts)).toEqual([]);
    expect(cuts.filter((module) => judgeModule(module).code === "malformed").length).toBeGreaterThan(cuts.length - 10);
  });

  it("within any section, at any byte, with the size corrected, gets the engine's verdict", () => {
    for (const [place, section] of sections.entries()) {
      const cuts = Array.from(section.contents.keys(), (length) =>
        joinSections(sections.toSpliced(place, 1, { id: section.id, contents: section.contents.subarray(0, length) })),
      );
      expect(disagreements(cuts)).toEqual([]);
    }
  });

  it("by a whole section, or given one twice, gets the engine's verdict", () => {
    for (const [place, section] of sections.entries()) {
      expect(disagreements([joinSections(sections.toSpliced(place, 1))])).toEqual([]);
      expect(disagreements([joinSections(sections.toSpliced(place, 0, section))])).toEqual([]);
      expect(disagreements([joinSections([...sections, section])])).toEqual([]);
    }
  });
});

describe("a module with changed bytes", () => {
  it("gets the engine's verdict for many values of every byte", () => {
    const changes = function* (): Generator<Uint8Array<ArrayBuffer>> {
      for (let at = HEADER.length; at < SAMPLE_MODULE.length; at++) {
        for (let value = 0; value < 256; value += 7) {
          const module = SAMPLE_MODULE.slice();
          module[at] = (module[at] as number) ^ (value + 1);
          yield module;
        }
      }
    };
    expect(disagreements(changes())).toEqual([]);
  });

  it("gets the engine's verdict for several at once", () => {
    const change = fc.tuple(fc.integer({ min: HEADER.length, max: SAMPLE_MODULE.length - 1 }), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
        const module = SAMPLE_MODULE.slice();
        for (const [at, value] of changes) module[at] = value;
        expect(disagreement(module)).toBeUndefined();
      }),
      { numRuns: 5000 },
    );
  });

  it("gets the engine's verdict in the sections of another", () => {
    const change = fc.tuple(fc.nat(), fc.nat(), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        // Inside of sections only, so that what is changed is looked at.
        const changed = sections.map(({ id, contents }) => ({ id, contents: contents.slice() }));
        for (const [place, at, value] of changes) {
          const contents = changed[place % changed.length]?.contents;
          if (contents !== undefined) contents[at % contents.length] = value;
        }
        expect(disagreement(joinSections(changed))).toBeUndefined();
      }),
      { numRuns: 5000 },
    );
  });
});

describe("any bytes", () => {
  it("are judged, never crash", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(judgeModule(bytes).code).not.toBe("ok");
        expect(disagreement(Uint8Array.from([...HEADER, ...bytes]))).toBeUndefined();
      }),
      { numRuns: 2000 },
    );
  });

  it("in a function's body get the engine's verdict", () => {
    const code = sections.findIndex((section) => section.id === 10);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 24 }), (bytes) => {
        const body = [bytes.length + 2, 0, ...bytes, 0x0b];
        const end = [2, 0, 0x0b];
        const contents = Uint8Array.from([4, ...body, ...end, ...end, ...end]);
        expect(disagreement(joinSections(sections.toSpliced(code, 1, { id: 10, contents })))).toBeUndefined();
      }),
      { numRuns: 5000 },
    );
  });
});

describe("a large module", () => {
  const file = new URL("../../node_modules/quickjs-wasi/quickjs.wasm", import.meta.url);
  const quickjs = new Uint8Array(readFileSync(file));

  it("is taken", () => {
    expect(judgeModule(quickjs)).toEqual({ code: "ok", message: "" });
  });

  it("with changed bytes gets the engine's verdict", () => {
    fc.assert(
      fc.property(fc.integer({ min: 8, max: quickjs.length - 1 }), fc.nat(255), (at, value) => {
        const module = quickjs.slice();
        module[at] = value;
        expect(disagreement(module)?.slice(0, 300)).toBeUndefined();
      }),
      { numRuns: 15 },
    );
  });
});
