import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { makeAuditLog } from "../powers/index.ts";
import { CONFINED_ENDOWMENTS_MAX, makeConfinedPowers } from "./confined-powers.ts";
import { openAuditFile, parsePowers, readPolicy } from "./library-options.ts";
import { variableOf } from "./prompt-guest.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "caper-options-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function put(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

describe("--power", () => {
  it("reads a setting in one word, or as a policy says it", () => {
    const short = ["clock", "directory=./a=b:ro", "environment=LANG,LC_*", "http=https://a.example", "store=./s"];
    expect(parsePowers(short)).toEqual({
      clock: true,
      directory: { path: "./a=b", readOnly: true },
      environment: { names: ["LANG", "LC_*"] },
      http: { origins: ["https://a.example"] },
      store: { path: "./s" },
    });
    expect(parsePowers(['directory={"path":"x","quota":{"bytes":10}}'])).toEqual({
      directory: { path: "x", quota: { bytes: 10 } },
    });
  });

  it("refuses what is no power, no setting, or given twice, and names it", () => {
    expect(() => parsePowers(["fly"])).toThrow(/^--power fly: is not known here; known are console, /);
    expect(() => parsePowers(["clock=3"])).toThrow("--power clock: takes no setting");
    expect(() => parsePowers(["http"])).toThrow("--power http: expected an object");
    expect(() => parsePowers(["store={"])).toThrow("--power store: is not JSON");
    expect(() => parsePowers(["clock", "clock"])).toThrow("--power clock: is given twice");
    expect(() => parsePowers(["__proto__"])).toThrow("--power __proto__: is not known");
  });
});

describe("a policy's file", () => {
  it("is named in its errors, with the line of what is no JSON", () => {
    expect(() => readPolicy(put("a.json", '{\n"version": 1,\n"packages": {,}}'))).toThrow(
      /a\.json: is not JSON: .*line 3/,
    );
    expect(() => readPolicy(put("b.json", '{\n"version": 1'))).toThrow(/line 2/);
    expect(() => readPolicy(put("c.json", "{}"))).toThrow(/c\.json: version: is missing/);
  });

  it("gives as many powers as a process can hold, and says so at one more", () => {
    const make = (count: number): string => {
      const names = Array.from({ length: count }, (_, index) => [`p${index}`, { powers: { clock: true } }]);
      return put("many.json", JSON.stringify({ version: 1, packages: Object.fromEntries(names) }));
    };
    // Each has its power and its log.
    using most = makeConfinedPowers(make(CONFINED_ENDOWMENTS_MAX / 2), makeAuditLog());
    expect(Object.keys(most.endowments)).toHaveLength(CONFINED_ENDOWMENTS_MAX);
    expect(() => makeConfinedPowers(make(CONFINED_ENDOWMENTS_MAX / 2 + 1), makeAuditLog())).toThrow("more than 1000");
  });
});

describe("--audit-log", () => {
  it("writes lines up to a limit, and counts the rest", () => {
    const path = join(folder, "log.jsonl");
    const said: string[] = [];
    const spy = vi.spyOn(process.stderr, "write").mockImplementation((text) => said.push(String(text)) > 0);
    try {
      using log = openAuditFile(path, 2);
      for (let at = 0; at < 3; at++) log.audit.record({ power: "clock", method: "now", bytes: 0, decision: "allowed" });
    } finally {
      spy.mockRestore();
    }
    expect(readFileSync(path, "utf8").trimEnd().split("\n")).toHaveLength(2);
    expect(said.join("")).toContain("is full with 2 lines; 1 more were not written");
    expect(() => openAuditFile(join(folder, "no/log.jsonl"))).toThrow("cannot be written: no such file or folder");
  });
});

describe("the variable of a package", () => {
  it("is a name that can be written", () => {
    const names = ["marked", "fast-xml-parser", "@scope/chart.js", "7zip", "_"];
    expect(names.map(variableOf)).toEqual(["marked", "fastXmlParser", "chartJs", "_7zip", "_"]);
  });
});
