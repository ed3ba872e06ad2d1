/** @module Forms of a `.wast` file are found whatever is in comments and strings, and taken out without moving the others. */
import { describe, expect, it } from "vitest";
import { formsOf, withoutForms } from "./forms.ts";

const TEXT = ['(module $m ;; ")"', '  (data ")\\")(")) (; ( (; ( ;) ;)', "(invoke", "  (x))(y)"].join("\n");

describe("forms", () => {
  it("are told by their parentheses", () => {
    const forms = formsOf(TEXT);
    expect(forms.map(({ line, kind }) => `${line} ${kind}`)).toEqual(["1 module", "3 invoke", "4 y"]);
    expect(forms.map(({ start, end }) => TEXT.slice(start, end)).at(1)).toBe("(invoke\n  (x))");
  });

  it("leave their lines behind, and an empty module where they are one", () => {
    const [first, second] = formsOf(TEXT);
    if (first === undefined || second === undefined) throw new Error("there are three");
    expect(withoutForms(TEXT, [first, second])).toBe("(module $m)\n (; ( (; ( ;) ;)\n\n(y)");
  });
});
