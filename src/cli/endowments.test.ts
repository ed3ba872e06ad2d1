/** @module Tests of the options that endow a program. */
import { describe, expect, it } from "vitest";
import { collectDirectories, collectEnvironment, parseDirectory } from "./endowments.ts";

describe("--dir", () => {
  it("reads guest=host, a suffix, and one path for both", () => {
    expect(parseDirectory("data=./data:ro")).toEqual({ guestPath: "data", hostPath: "./data", isReadOnly: true });
    expect(parseDirectory("/x=C:\\y:rw")).toEqual({ guestPath: "/x", hostPath: "C:\\y", isReadOnly: false });
    expect(parseDirectory("./data")).toEqual({ guestPath: "./data", hostPath: "./data", isReadOnly: false });
    expect(parseDirectory("a=b=c")).toEqual({ guestPath: "a", hostPath: "b=c", isReadOnly: false });
  });

  it("refuses what names no folder, and names given twice", () => {
    for (const text of ["", "=", "=x", "x=", ":ro", "a\0b"]) {
      expect(() => collectDirectories([text]), text).toThrow(/^--dir: expected guest=host/);
    }
    expect(() => collectDirectories(["a=b", "a=c"])).toThrow('"a" is given twice');
    for (const other of ["/a", "./a", "a/", "//a/."]) {
      expect(() => collectDirectories(["a=b:ro", `${other}=c`]), other).toThrow("is given twice");
    }
    expect(collectDirectories(["a/b=x", "a=y", "c=z"])).toHaveLength(3);
    expect(() => collectDirectories(Array(65).fill("a"))).toThrow("at most 64");
  });
});

describe("--env", () => {
  it("takes the named variables only, from the host or as given", () => {
    const host = { HOME: "/home/me", TOKEN: "secret" };
    expect({ ...collectEnvironment(["HOME", "LANG=C=d", "ABSENT", "EMPTY="], host) }).toEqual({
      HOME: "/home/me",
      LANG: "C=d",
      EMPTY: "",
    });
    expect(collectEnvironment([], host)).toEqual({});
    expect(Object.getPrototypeOf(collectEnvironment(["__proto__=x"], host))).toBeNull();
  });

  it("refuses a nameless variable", () => {
    for (const text of ["", "=x", "A\0=1"])
      expect(() => collectEnvironment([text], {}), text).toThrow(/^--env: expected NAME/);
  });
});
