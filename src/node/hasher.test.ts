/** @module Node's hasher agrees with the portable one. */
import { describe, expect, it } from "vitest";
import { moduleCid } from "../image/index.ts";
import { nodeHasher } from "./hasher.ts";

describe("nodeHasher", () => {
  it("names bytes as the portable hasher does", () => {
    for (const length of [0, 1, 63, 64, 65, 5000]) {
      const bytes = new Uint8Array(length).fill(length);
      expect(moduleCid(bytes, nodeHasher)).toBe(moduleCid(bytes));
    }
  });
});
