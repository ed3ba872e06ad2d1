import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { judgeModule } from "../../test/support/agree.ts";
import { InstructionCursor } from "./cursor.ts";
import { decodeModule } from "./decode.ts";
import { encodeModule, moduleToParts } from "./encode-module.ts";
import { OP_END } from "./opcodes.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const files = globSync(["test/programs/*.wasm", "node_modules/quickjs-wasi/**/*.{wasm,so}"], { cwd: root });

describe("real modules", () => {
  it("are there", () => {
    expect(files.length).toBeGreaterThan(10);
  });

  it.each(files)("%s", (file) => {
    const bytes = new Uint8Array(readFileSync(root + file));
    expect(judgeModule(bytes)).toEqual({ code: "ok", message: "" });
    const module = decodeModule(bytes);
    for (const body of module.bodies) {
      const cursor = new InstructionCursor(bytes, body.codeStart, body.end);
      while (cursor.next());
      expect([cursor.opcode, cursor.position]).toEqual([OP_END, body.end]);
    }
    expect(WebAssembly.validate(encodeModule(moduleToParts(module)))).toBe(true);
  });
});
