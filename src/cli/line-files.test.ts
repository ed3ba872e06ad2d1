/** @module Tests of logs on disk. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LINE_BYTES_MAX, openLineFile, readLineFile } from "./line-files.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "caper-lines-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const parse = (line: string): number => {
  if (!/^\d+$/.test(line)) throw new TypeError("no number");
  return Number(line);
};

async function read(text: string): Promise<readonly number[]> {
  const file = join(folder, "numbers");
  writeFileSync(file, text);
  return Array.fromAsync(readLineFile(file, { what: "number", parse, follow: false }));
}

describe("a file that lines are added to", () => {
  it("is the user's alone, and holds so many", () => {
    const file = join(folder, "lines");
    const said: string[] = [];
    const stderr = vi.spyOn(process.stderr, "write").mockImplementation((text) => said.push(String(text)) > 0);
    try {
      for (const count of [2, 3]) {
        using lines = openLineFile(file, 2);
        for (let at = 0; at < count; at += 1) lines.write(`${at}\n`);
        expect(readFileSync(file, "utf8")).toBe("0\n1\n");
      }
    } finally {
      stderr.mockRestore();
    }
    expect(said).toEqual([`caper: ${file}: is full with 2 lines; 1 more were not written\n`]);
    if (process.platform !== "win32") expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("says where it cannot be written", () => {
    expect(() => openLineFile(join(folder, "no/where"), 1)).toThrow("cannot be written: no such file or folder");
  });
});

describe("a file that is read by lines", () => {
  it("gives each, with or without a line feed at the end, and none for empty ones", async () => {
    expect(await read("1\n22\n\n333")).toEqual([1, 22, 333]);
    expect(await read("")).toEqual([]);
    const many = Array.from({ length: 30_000 }, (_, at) => at);
    expect(await read(`${many.join("\n")}\n`)).toEqual(many);
  });

  it("names the line that is none, and one that is too long", async () => {
    await expect(read("1\n2\nx\n")).rejects.toThrow("line 3 is no number");
    await expect(read("1\nx")).rejects.toThrow("line 2 is no number");
    expect(await read(`1\n${"0".repeat(LINE_BYTES_MAX)}`)).toEqual([1, 0]);
    await expect(read(`1\n${"0".repeat(LINE_BYTES_MAX + 1)}`)).rejects.toThrow("line 2 is no number");
    await expect(
      Array.fromAsync(readLineFile(join(folder, "absent"), { what: "x", parse, follow: false })),
    ).rejects.toThrow("cannot be read: no such file");
  });

  it("goes on with what is added", async () => {
    const file = join(folder, "growing");
    writeFileSync(file, "1\n2");
    const seen: number[] = [];
    for await (const number of readLineFile(file, { what: "number", parse, follow: true })) {
      seen.push(number);
      if (seen.length === 1) appendFileSync(file, "0\n3\n");
      if (seen.length === 3) break;
    }
    expect(seen).toEqual([1, 20, 3]);
  });
});
