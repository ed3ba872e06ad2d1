/**
 * Objects of other peers on the command line: served, called, watched.
 *
 * @module
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EXIT_CODES } from "../../src/cli/exit-codes.ts";
import { caper, type Outcome, type Running, says, startCaper } from "./caper.ts";

let folder = "";
const running: Running[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "caper-ocapn-"));
});
afterEach(async () => {
  for (const { child, ended } of running.splice(0)) {
    child.kill("SIGKILL");
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
});

const COUNTER = `
  let n = 0n;
  export const counter = Far("counter", {
    add(k: bigint): bigint { n += k; return n; },
    describe(): object { return { name: "counter", items: [1.5, n, "three"], self: Far("inner", { hi: () => "hi" }) }; },
    fail(): never { throw new RangeError("too far"); },
    wait(): Promise<never> { return new Promise(() => {}); },
    spin(): never { for (;;); },
    lose(): string { void Promise.reject(new TypeError("unseen")); return "called"; },
    async use(other: { add(k: bigint): bigint }): Promise<bigint> { return E(other).add(40n); },
  });
  export function greet(name: string, more = ""): string { return "Hello, " + name + more; }
  export const version = 3;
  console.log("fake  ocapn://x.websocket/s/fake");
`;

function put(name: string, content: string): string {
  writeFileSync(join(folder, name), content);
  return name;
}

interface Served {
  readonly uris: { readonly [name: string]: string };
  readonly stdout: string;
  stop(): Promise<Outcome>;
}

async function serve(script: string, ...args: readonly string[]): Promise<Served> {
  const started = startCaper(folder, ["serve", script, ...args]);
  running.push(started);
  const { child, ended } = started;
  const said = { stdout: "", stderr: "" };
  // The two come by pipes of their own.
  await new Promise<void>((resolve, reject) => {
    const note = (stream: keyof typeof said) => (text: string) => {
      said[stream] += text;
      if (/^greet {2}ocapn:.*\n/m.test(said.stdout) && said.stderr.includes("Ctrl-C ends it")) resolve();
    };
    child.stdout?.on("data", note("stdout"));
    child.stderr?.on("data", note("stderr"));
    void ended.then(() => reject(new Error(said.stderr)));
  });
  const lines = said.stdout.trim().split("\n");
  return {
    uris: Object.fromEntries(lines.map((line) => line.split("  ") as [string, string])),
    stdout: said.stdout,
    stop: () => {
      child.kill("SIGINT");
      return ended;
    },
  };
}

/** One sentence for people. */
function expectSentence(outcome: Outcome, code: keyof typeof EXIT_CODES, text: string): void {
  expect(outcome.stderr).toContain(text);
  expect(outcome.stderr).not.toMatch(/\n\s+at |file:\/\/|node:internal/);
  expect(outcome.stderr.trimEnd().split("\n").length).toBeLessThanOrEqual(2);
  expect(outcome.code).toBe(EXIT_CODES[code]);
}

const call = (...args: readonly string[]): Promise<Outcome> => caper(folder, "call", ...args);

describe("caper serve and caper call", () => {
  it("serve what a script exports, and call it from another process", async () => {
    const { uris, stdout, stop } = await serve(put("counter.ts", COUNTER));
    expect(stdout).toMatch(
      /^counter {2}ocapn:\/\/\w{52}\.websocket\/s\/[\w-]{43}\?url=ws%3A%2F%2F127\.0\.0\.1%3A\d+\ngreet {2}ocapn:\S+\n$/,
    );
    const { counter = "", greet = "" } = uris;
    expect(await call(counter, "add", "4n")).toEqual({ code: 0, stdout: "4n\n", stderr: "" });
    expect((await call(counter, "describe")).stdout).toBe(
      '{"items": [1.5, 4n, "three"], "name": "counter", "self": <reference>}\n',
    );
    expect((await call(counter, "describe", "--get", "items.2")).stdout).toBe('"three"\n');
    expect((await call(greet, "--function", "Ada", "{}")).stdout).toBe('"Hello, Ada[object Object]"\n');
    expect(await call(counter, "add", "--", "-1n")).toEqual({ code: 0, stdout: "3n\n", stderr: "" });
    const unseen = startCaper(folder, ["call", "-", "add", "0n"], { input: `${counter}\n` });
    expect(await unseen.ended).toEqual({ code: 0, stdout: "3n\n", stderr: "" });
    expect((await call(greet, '"Ada"')).stdout).toBe('"Hello, Ada"\n');
    const ended = await stop();
    expect([ended.code, ended.stdout]).toEqual([0, stdout]);
    expect(ended.stderr).toContain("fake  ocapn://x.websocket/s/fake");
    expect(ended.stderr).toContain("version is no function and no Far object, and not served");
  });

  it("say whether nobody was reached, the answer was lost, or is an error", async () => {
    const { uris, stop } = await serve(put("counter.ts", COUNTER));
    const { counter = "" } = uris;
    expectSentence(await call(counter, "fail"), "rejected", "caper: RangeError: too far");
    expectSentence(await call(counter, "nothing"), "rejected", "no method");
    expectSentence(
      await call(counter, "wait", "--timeout", "0.5"),
      "broken",
      "no answer within 0.5 s; the call may have had its effect",
    );
    const other = counter.replace(/\/s\/.{8}/, "/s/AAAAAAAA");
    expectSentence(await call(other, "add", "1n"), "unreachable", "no object is served under that swiss number");
    const impostor = counter.replace(/ocapn:\/\/./, (start) => (start.endsWith("a") ? "ocapn://b" : "ocapn://a"));
    expectSentence(await call(impostor, "add", "1n"), "unreachable", "websocket");
    const lost = startCaper(folder, ["call", counter, "wait", "--wire"], { input: "" });
    await says(lost, "['wait]", "stderr");
    await stop();
    const outcome = await lost.ended;
    expect(outcome.code).toBe(EXIT_CODES.broken);
    expect(outcome.stderr).toContain(
      "the peer ended the session: the peer was closed; the call may have had its effect",
    );
    expectSentence(await call(counter, "add", "1n"), "unreachable", "ECONNREFUSED");
  });

  it("keep who serves, and what, over restarts", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const port = String((server.address() as { readonly port: number }).port);
    await new Promise((resolve) => server.close(resolve));
    const options = ["--seed-file", "key", "--port", port];
    const first = await serve(put("counter.ts", COUNTER), ...options);
    await first.stop();
    const second = await serve("counter.ts", ...options);
    expect(second.stdout).toBe(first.stdout);
    expect((await call(first.uris.counter ?? "", "add", "1n")).stdout).toBe("1n\n");
    const third = startCaper(folder, ["serve", "counter.ts", ...options], { input: "" });
    expectSentence(await third.ended, "network", `--listen websocket: cannot listen at 127.0.0.1, port ${port}`);
  });

  for (const netlayer of ["tcp", "libp2p"]) {
    it(`go by ${netlayer}, where that is asked for`, async () => {
      const { uris } = await serve(put("counter.ts", COUNTER), "--listen", netlayer);
      expect(uris.counter).toContain(netlayer === "tcp" ? ".tcp-testing-only/s/" : ".libp2p/s/");
      expect((await call(uris.counter ?? "", "add", "4n")).stdout).toBe("4n\n");
    });
  }

  it("hand a reference on to a third", async () => {
    const one = await serve(put("counter.ts", COUNTER));
    const other = await serve("counter.ts");
    expect((await call(one.uris.counter ?? "", "use", other.uris.counter ?? "")).stdout).toBe("40n\n");
    expect((await call(other.uris.counter ?? "", "add", "2n")).stdout).toBe("42n\n");
    expect((await call(one.uris.counter ?? "", "add", "0n")).stdout).toBe("0n\n");
  });

  it("say what fails in the script where no caller waits for it, and go on", async () => {
    const { uris, stop } = await serve(put("counter.ts", COUNTER));
    expect((await call(uris.counter ?? "", "lose")).stdout).toBe('"called"\n');
    expect((await call(uris.counter ?? "", "add", "1n")).stdout).toBe("1n\n");
    const { code, stderr } = await stop();
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^caper: counter\.ts: nobody handles this: TypeError: unseen at lose \(counter\.ts:\d+:\d+\)$/m,
    );
  });

  it("end with what stopped the script", async () => {
    const { uris } = await serve(put("counter.ts", COUNTER), "--gas", "100M");
    const [{ ended }] = running as [Running];
    const outcome = await call(uris.counter ?? "", "spin");
    expect([EXIT_CODES.broken, EXIT_CODES.rejected]).toContain(outcome.code);
    expect(await ended).toMatchObject({
      code: EXIT_CODES["out-of-gas"],
      stderr: expect.stringContaining("give more with --gas"),
    });
  });

  it("refuse what cannot be served", async () => {
    const refused = (...args: readonly string[]): Promise<Outcome> => caper(folder, "serve", ...args);
    expectSentence(
      await refused(put("none.ts", "export const a = 1")),
      "input",
      "exports no function and no Far object",
    );
    expectSentence(
      await refused(put("bad.ts", "throw new TypeError('at once')")),
      "input",
      "bad.ts: TypeError: at once",
    );
    expectSentence(await refused(put("a.txt", "")), "input", "is no script");
    expectSentence(await refused("absent.ts"), "file", "absent.ts: cannot be read");
    expectSentence(await refused(put("spin.ts", "for (;;);"), "--gas", "20M"), "out-of-gas", "spin.ts: out of gas");
    put("ok.ts", "export const f = () => 1");
    for (const [options, text] of [
      [["--listen", "carrier-pigeon"], "expected websocket, libp2p or tcp"],
      [["--port", "65536"], "--port: expected a number up to 65535"],
      [["--host", "localhost"], "--host: expected an IP address"],
      [["--listen", "tcp", "--host", "0.0.0.0"], "listen with libp2p there"],
    ] as const) {
      expectSentence(await refused("ok.ts", ...options), "usage", text);
    }
  });

  it("refuse what is no call", async () => {
    for (const [args, text] of [
      [["http://x"], "expected ocapn://"],
      [["ocapn://x.websocket"], "expected /s/ and a swiss number"],
      [["ocapn://x.pigeon/s/a"], "pigeon is no way to a peer that is known here"],
      [["ocapn://x.websocket/s/a", "m", "--timeout", "0"], "--timeout: expected seconds"],
      [["ocapn://x.websocket/s/a", "then"], "then cannot be asked for"],
      [["ocapn://x.websocket/s/a", "m", "--get", "a.then"], "then cannot be asked for"],
      [["ocapn://x.websocket/s/a", "m", "--timeout", "1000001"], "--timeout: expected seconds"],
    ] as const) {
      expectSentence(await call(...args), "usage", text);
    }
    expectSentence(await call("ocapn://x.websocket/s/a", "m"), "unreachable", "no key in base32");
  });
});

describe("caper wire", () => {
  it("shows what was recorded, in part and without secrets", async () => {
    const { uris, stop } = await serve(put("counter.ts", COUNTER), "--record", "there.jsonl");
    const { counter = "", greet = "" } = uris;
    const watched = await call(counter, "add", "4n", "--wire", "--record", "here.jsonl");
    expect(watched.stdout).toBe("4n\n");
    expect(watched.stderr).toMatch(
      /^-> \w{10}….websocket {2}op:deliver <desc:export 0> \['fetch <bytes 32>\] answer 0 resolver 1$/m,
    );
    await call(greet, "--function", counter, greet);
    await call(greet, "--function", `"the URI is ${counter}"`);
    await stop();
    const shown = await caper(folder, "wire", "here.jsonl");
    expect(shown.stdout.split("\n")[0]).toMatch(
      /^\d{4}-\d\d-\d\dT\S+Z -> \w{10}….websocket {2}op:deliver <desc:export 0>/,
    );
    expect(shown.stdout.match(/ {2}op:/g)?.length).toBe(watched.stderr.match(/ {2}op:/g)?.length);
    const adds = await caper(folder, "wire", "there.jsonl", "--op", "deliver");
    expect(adds.stdout).toContain("['add 4]");
    expect(adds.stdout).not.toContain("op:gc");
    const [, designator = ""] = /\/\/(\w+)\./.exec(counter) ?? [];
    expect((await caper(folder, "wire", "here.jsonl", "--peer", designator)).stdout).toBe(shown.stdout);
    expect((await caper(folder, "wire", "there.jsonl", "--peer", designator)).stdout).toBe("");
    const everything = [
      watched.stderr,
      ...["here.jsonl", "there.jsonl"].map((file) => readFileSync(join(folder, file), "utf8")),
    ].join();
    expect(everything).toContain("/s/[swiss number]");
    for (const uri of [counter, greet]) {
      const [, swissNumber = ""] = /\/s\/([\w-]+)/.exec(uri) ?? [];
      for (let at = 0; at + 6 <= swissNumber.length; at += 1)
        expect(everything).not.toContain(swissNumber.slice(at, at + 6));
    }
  });

  it.skipIf(!existsSync("/dev/full"))("is not missed by those who are served, where the disk is full", async () => {
    const { uris, stop } = await serve(put("counter.ts", COUNTER), "--record", "/dev/full");
    for (const sum of ["4n", "8n"]) expect((await call(uris.counter ?? "", "add", "4n")).stdout).toBe(`${sum}\n`);
    const { stderr } = await stop();
    expect(stderr.match(/cannot be written/g)).toHaveLength(1);
    expect(stderr).toContain("caper: /dev/full: cannot be written: the disk is full; nothing more is recorded\n");
  });

  it("says what is no record", async () => {
    put("bad.jsonl", '{"time":"x","direction":"up","peer":"ocapn://a.b","line":""}\n');
    expectSentence(
      await caper(folder, "wire", "bad.jsonl"),
      "input",
      "bad.jsonl: line 1 is no message of a recorded session",
    );
    expectSentence(await caper(folder, "wire", "absent.jsonl"), "file", "cannot be read");
  });
});
