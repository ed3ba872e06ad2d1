import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { failureOf, makeTestHost } from "../../../test/support/javascript.ts";
import { encodeMessage } from "../../passable/index.ts";
import { MODULES_MAX, NAME_BYTES_MAX } from "./limits.ts";
import { takeSources } from "./sources.ts";

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const messageOf = (json: string) => ({ bytes: new TextEncoder().encode(json), capabilities: [] });
const encoded = (...parts: readonly unknown[]) => messageOf(text(encodeMessage(parts).bytes));

describe("taking sources out of a request to import", () => {
  it("gives all names and sources, and leaves the rest", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: "binary" }), fc.string({ unit: "binary" })), (modules) => {
        const taken = takeSources(encoded("main", "a.js", modules, ["x", 1], [{ name: "p" }]));
        expect(Object.fromEntries(taken?.tasks.map(({ name, source }) => [name, text(source)]) ?? [])).toEqual(
          Object.fromEntries(Object.entries(modules).map(([name, source]) => [name, source.toWellFormed()])),
        );
        expect(taken?.message).toEqual(encoded("main", "a.js", {}, ["x", 1], [{ name: "p" }]));
      }),
    );
  });

  it.each([
    ["another request", encoded("call", "f", {})],
    ["an entry that is no text", encoded("import", 1, { "a.js": "" })],
    ["no modules", encoded("import", "a.js")],
    ["a list of modules", encoded("import", "a.js", ["x"])],
    ["a source that is no text", encoded("import", "a.js", { "a.js": 1 })],
    ["a source that is undefined", encoded("import", "a.js", { "a.js": undefined })],
    ["no JSON", messageOf('["import","a.js",{"a.js":"')],
    ["no UTF-8", { bytes: Uint8Array.of(...new TextEncoder().encode('["import","'), 0xff), capabilities: [] }],
    ["a name that is too long", encoded("import", "a.js", { ["n".repeat(NAME_BYTES_MAX + 1)]: "" })],
    [
      "too many",
      encoded("import", "a.js", Object.fromEntries(Array.from({ length: MODULES_MAX }, (_, n) => [`m${n}`, ""]))),
    ],
  ])("leaves %s to the guest", (_, message) => {
    expect(takeSources(message)).toBeUndefined();
  });

  it("takes names and modules up to their limits", () => {
    const long = { ["n".repeat(NAME_BYTES_MAX)]: "" };
    expect(takeSources(encoded("import", "a.js", long))?.tasks.length).toBe(1);
    const many = Object.fromEntries(Array.from({ length: MODULES_MAX - 1 }, (_, n) => [`m${n}`, ""]));
    expect(takeSources(encoded("import", "a.js", many))?.tasks.length).toBe(MODULES_MAX - 1);
  });
});

describe("an import", () => {
  const host = makeTestHost();

  it("costs little beside compiling", async () => {
    const used = async (comment: string): Promise<number> => {
      const js = host.spawn();
      await js.import("a.js", { "a.js": `/*${comment}*/export const a = 1` });
      return js.process.meter.gasUsed;
    };
    expect(((await used("x".repeat(100_000))) - (await used(""))) / 100_000).toBeLessThan(60);
  });

  it("keeps a source that is not imported yet, whoever brings another of that name", async () => {
    const js = host.spawn();
    await js.import("a.js", { "a.js": "export const load = () => import('later.js')", "later.js": "export default 1" });
    await js.import("b.js", { "b.js": "export const load = () => import('later.js')", "later.js": "export default 2" });
    expect(await js.call("load")).toMatchObject({ default: 1 });
  });

  it("says what is wrong with modules", async () => {
    const js = host.spawn();
    const wrong = { "a.js": 1 } as unknown as { readonly [name: string]: string };
    expect((await failureOf(js.import("a.js", wrong))).message).toBe('import: expected the source of "a.js"');
  });
});
