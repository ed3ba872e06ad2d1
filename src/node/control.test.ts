/** @module Tests of the control socket: a request answered, garbage refused, an absent process named. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { askControl, listControlled, serveControl } from "./control.ts";

let folder = "";
const before = process.env.XDG_RUNTIME_DIR;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "caper-control-"));
  process.env.XDG_RUNTIME_DIR = folder;
});
afterEach(() => {
  if (before === undefined) delete process.env.XDG_RUNTIME_DIR;
  else process.env.XDG_RUNTIME_DIR = before;
  rmSync(folder, { recursive: true, force: true });
});

const listening = () => expect.poll(() => readdirSync(join(folder, "caper"))).toEqual([`${process.pid}.sock`]);

function sendRaw(text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = createConnection(join(folder, "caper", `${process.pid}.sock`), () => socket.write(text));
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk;
    });
    socket.on("close", () => resolve(answer));
    socket.on("error", () => resolve(answer));
  });
}

describe("control socket", () => {
  it("hands over the request and the answer, and cleans up", async () => {
    const server = serveControl(async (request) => ({
      ok: true,
      file: request.file ?? "default",
      root: "bafy",
      bytes: 3,
    }));
    await listening();
    expect(listControlled()).toEqual([process.pid]);
    expect(await askControl(process.pid, { action: "freeze", file: "/x.caper" })).toEqual({
      ok: true,
      file: "/x.caper",
      root: "bafy",
      bytes: 3,
    });
    server.close();
    expect(readdirSync(join(folder, "caper"))).toEqual([]);
  });

  it("answers a failure with its reason", async () => {
    const server = serveControl(() => Promise.reject(new Error("the disk is full")));
    await listening();
    expect(await askControl(process.pid, { action: "freeze" })).toEqual({ ok: false, reason: "the disk is full" });
    server.close();
  });

  it("refuses what is no request, and what never ends", async () => {
    const server = serveControl(() => Promise.reject(new Error("must not be called")));
    await listening();
    for (const text of ["\n", "{}\n", '{"action":"stop"}\n', '{"action":"freeze","file":3}\n', "[[[\n"]) {
      expect(await sendRaw(text)).toContain("not one of this version");
    }
    expect(await sendRaw("x".repeat(200_000))).toBe("");
    server.close();
  });

  it("names a process that is not there and forgets its socket", async () => {
    await expect(askControl(999_999_9, { action: "freeze" })).rejects.toThrow("no running");
    const server = serveControl(() => Promise.reject(new Error("unused")));
    await listening();
    writeFileSync(join(folder, "caper", "9999999.sock"), "");
    expect(listControlled()).toEqual([process.pid]);
    server.close();
  });
});
