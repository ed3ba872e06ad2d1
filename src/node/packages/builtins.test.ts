/**
 * The built-ins and globals of libraries: the same program in this Node and in a guest, and what a guest without powers is told.
 *
 * @module
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeJavaScriptInstance } from "../../guests/javascript/index.ts";
import type { Capability, Kernel } from "../../kernel/index.ts";
import { BUILTINS, GLOBALS } from "../../library/index.ts";
import { makeCapability } from "../../passable/index.ts";
import {
  capabilityOf,
  makeDirectoryPower,
  makeEnvironmentPower,
  makeHttpPower,
  makeMemoryDirectory,
  makeRandomPower,
  makeSeededRandom,
} from "../../powers/index.ts";
import { defineJavaScript } from "../javascript.ts";
import { makeNodeKernel } from "../kernel.ts";
import { makeNodePackageSource } from "./package-source.ts";

let folder = "";
let kernel: Kernel;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "caper-builtins-"));
  kernel = makeNodeKernel();
  defineJavaScript(kernel);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface Ran {
  readonly result: any;
  readonly denied: readonly string[];
}

/** Runs the exported function `run` of a module in a guest; its result as JSON would have it. */
async function runInGuest(text: string, endowments: { readonly [name: string]: Capability } = {}): Promise<Ran> {
  const denied: string[] = [];
  const audit = makeCapability({
    denied(power: unknown, what: unknown) {
      denied.push(`${power}: ${what}`);
    },
  });
  writeFileSync(join(folder, "guest.mjs"), text);
  const bundle = await makeNodePackageSource({ folder, cache: join(folder, "cache"), bundles: null }).bundle(
    "./guest.mjs",
  );
  const process = kernel.spawn({
    guest: "javascript",
    gas: 5e9,
    memoryBytes: 64 << 20,
    endowments: { ...endowments, audit },
  });
  const guest = makeJavaScriptInstance(process);
  await guest.import(bundle.entry, bundle.modules);
  const result = await guest.call("run");
  process.discard();
  return { result: JSON.parse(JSON.stringify(result ?? null)), denied };
}

async function expectSame(text: string): Promise<void> {
  const file = join(folder, `node-${text.length}.mjs`);
  writeFileSync(file, text);
  const { run } = await import(pathToFileURL(file).href);
  const here = JSON.parse(JSON.stringify((await run()) ?? null));
  expect((await runInGuest(text)).result).toEqual(here);
}

describe("as in Node", () => {
  it("path, querystring, string_decoder, os", async () => {
    await expectSame(`import path, { join } from "node:path"; import posix from "path/posix"; import qs, { parse } from "querystring";
      import { StringDecoder } from "string_decoder"; import { EOL } from "os";
      const decoder = new StringDecoder("utf8"), euro = Buffer.from("€");
      export const run = () => [join("a", "..", "b/./c"), path.resolve("/a", "../b"), path.parse("/x/y.tar.gz"), path.relative("/a/b", "/a/c/d"), posix.sep, EOL,
        { ...parse("a=1&b=%20x+y&a=3&c&=5&d=%zz") }, qs.stringify({ a: [1, true, "ü"], b: "x&y", c: null, d: "" }), qs.parse("a:1;b:2", ";", ":").b,
        decoder.write(euro.subarray(0, 2)), decoder.write(euro.subarray(2))];`);
  });

  it("util", async () => {
    await expectSame(
      `import util, { inspect, format, promisify, types } from "util"; import isTypes from "node:util/types";
      class Point { x = 1; #y = 2; get z() { return 3; } }
      function Old() {} util.inherits(Old, Point);
      const circle = { name: "c" }; circle.self = circle;
      const shown = [undefined, null, -0, 5n, "it's", 'a"b', "line\\n", [1, , 3], [], {}, { a: { b: { c: { d: 1 } } } }, new Map([["k", { v: 1 }]]), new Set([1, "a"]), new Point(),
        Object.create(null), () => 1, function named() {}, class A {}, Symbol("s"), new Date(0), /x/gi, new Uint8Array([1, 2]), [["a", [["b"]]]], { "odd-key": 1, [Symbol("k")]: 2 },
        Array.from({ length: 3 }, (_, i) => ({ index: i, text: "some longer text to break the line " + i })), { get a() { return 1; }, set b(v) {} }, [1.5, true], new (class Foo extends Map {})()];
      export const run = async () => [shown.map((value) => inspect(value)), inspect(circle).replace("<ref *1> ", ""), inspect("x".repeat(10)), inspect({ a: { b: {} } }, { depth: 0 }),
        format("%s %d %i %f %j %% %s", "a", "1.5", 3.9, "2.5", { a: [1] }, "b", "rest", 7), format(1, "a", {}), format("%s", null, undefined), format("100%"), format("%o", [1]) === "" ,
        util.isDeepStrictEqual({ a: [1, new Map([[1, { b: 2 }]])] }, { a: [1, new Map([[1, { b: 2 }]])] }), util.isDeepStrictEqual([1], ["1"]), util.isDeepStrictEqual(new Set([{ a: 1 }]), new Set([{ a: 1 }])),
        await promisify((a, done) => done(null, a + 1))(1), await promisify((done) => done(new Error("no")))().catch((e) => e.message),
        Old.super_ === Point, types.isDate(new Date()), isTypes.isRegExp(/a/), types.isPromise(run()), util.stripVTControlCharacters("\\u001b[31mred\\u001b[39m"), util.types.isAsyncFunction(async () => 1)]
        .slice(0, shown.length < 0 ? 0 : undefined);`.replace(
        "types.isPromise(run())",
        "types.isPromise(Promise.resolve())",
      ),
    );
  });

  it("assert", async () => {
    await expectSame(`import assert, { strict, AssertionError, deepEqual } from "assert"; import other from "assert/strict";
      const test = (work) => { try { work(); return "passed"; } catch (e) { return [e.name, e.code, e instanceof AssertionError, e.operator]; } };
      export const run = async () => [
        () => assert(1), () => assert(0), () => assert.ok("", "empty"), () => assert.equal(1, "1"), () => assert.strictEqual(1, "1"), () => strict.equal(1, "1"),
        () => deepEqual({ a: 1 }, { a: "1" }), () => assert.deepStrictEqual([1, { a: NaN }], [1, { a: NaN }]), () => assert.deepStrictEqual({ a: 1 }, { a: 1, b: undefined }),
        () => assert.notDeepStrictEqual([1], [1]), () => assert.throws(() => { throw new TypeError("bad"); }, TypeError), () => assert.throws(() => { throw new TypeError("bad"); }, /bad/),
        () => assert.throws(() => { throw new TypeError("bad"); }, { message: "bad" }), () => assert.throws(() => { throw new Error("bad"); }, TypeError), () => assert.throws(() => 1),
        () => assert.doesNotThrow(() => 1), () => assert.match("abc", /b/), () => assert.doesNotMatch("abc", /b/), () => assert.fail("no"), () => assert.ifError(null), () => assert.ifError(new Error("x")), () => other.notEqual(1, 1),
      ].map(test).concat([await assert.rejects(Promise.reject(new Error("x")), /x/), await assert.rejects(Promise.resolve(1)).catch((e) => e.code)]);`);
  });

  it("events and streams", async () => {
    await expectSame(`import EventEmitter, { once } from "events"; import { Readable, Transform, Writable, pipeline } from "stream"; import { pipeline as later } from "stream/promises";
      import stream from "stream";
      export const run = async () => {
        const emitter = new EventEmitter(), heard = [];
        emitter.once("a", (x) => heard.push(x)); emitter.emit("a", 1); emitter.emit("a", 2);
        setImmediate(() => emitter.emit("b", 3, 4));
        heard.push(await once(emitter, "b"));
        const upper = () => new Transform({ transform(chunk, _, done) { done(null, chunk.toString().toUpperCase()); } });
        const sink = (all) => new Writable({ write(chunk, _, done) { all.push(String(chunk)); done(); } });
        const one = [], two = [];
        await new Promise((resolve, reject) => pipeline(Readable.from(["a", "b"]), upper(), sink(one), (e) => (e ? reject(e) : resolve())));
        await later(Readable.from([Buffer.from("c")]), upper(), sink(two));
        const three = []; for await (const chunk of Readable.from([1, 2])) three.push(chunk);
        return [heard, one, two, three, typeof stream.PassThrough, stream === stream.Stream, EventEmitter.defaultMaxListeners];
      };`);
  });

  it("buffers and text", async () => {
    await expectSame(`import { Buffer as Imported } from "buffer";
      const utf16 = new TextDecoder("utf-16le"), euro = new Uint8Array([0xe2, 0x82, 0xac]), decoder = new TextDecoder();
      export const run = () => [Buffer === Imported, Buffer.from("héllo").toString("hex"), Buffer.concat([Buffer.from([1]), Buffer.alloc(2, 7)]).toJSON(), Buffer.from("aGk", "base64").toString("latin1"),
        Buffer.from("ff00", "hex").readUInt16LE(0), Buffer.byteLength("ü"), Buffer.compare(Buffer.from("a"), Buffer.from("b")), globalThis.Buffer.isBuffer(Buffer.from("")),
        utf16.decode(new Uint8Array([104, 0, 0x3d, 0xd8, 0, 0xde])), utf16.encoding, new TextDecoder("latin1").decode(new Uint8Array([0xe4, 0x80])), new TextDecoder("ascii").encoding,
        decoder.decode(euro.subarray(0, 1), { stream: true }) + decoder.decode(euro.subarray(1), { stream: true }) + decoder.decode(), new TextDecoder().decode(new Uint8Array([0xef, 0xbb, 0xbf, 65])),
        (() => { try { new TextDecoder("x-none"); } catch (e) { return e.name; } })()];`);
  });

  it("addresses", async () => {
    await expectSame(`import url, { URL as Imported, fileURLToPath, pathToFileURL, parse } from "url";
      const legacy = ["http://user:pa%20ss@Host.COM:8080/p/a?x=1&y#frag", "/a/b?c", "mailto:a@b.c", "//host/path", "http://h.com", "a b?c d", "file:///x/y", "?q", "#h", "http://[::1]:80/"];
      export const run = () => [legacy.map((text) => ({ ...parse(text) })).map(({ protocol, slashes, auth, host, port, hostname, hash, search, query, pathname, path, href }) => ({ protocol, slashes, auth, host, port, hostname, hash, search, query, pathname, path, href })),
        { ...parse("/x?a=1&b=2", true).query }, parse("//h/p", false, true).host, url.format({ protocol: "http", host: "a.b", pathname: "c", query: { d: 1 } }), url.format(new URL("http://a/b")),
        [["/one/two", "three"], ["http://a.com/", "/x"], ["http://a.com/b/c", "../d"], ["http://a.com", "//b.com/x"]].map(([a, b]) => url.resolve(a, b)),
        URL === Imported, new URL("../x?q=ä&b=1#h", "https://Ex.com:443/a/b/").href, new URL("http://bücher.example/").host, URL.canParse("nope"), [...new URLSearchParams("a=1&a=2&b=%20")],
        (() => { const u = new URL("http://h/p"); u.searchParams.append("k", "v w"); u.port = "99"; u.hash = "x"; return u.href; })(), (() => { try { new URL("::"); } catch (e) { return e.name; } })(),
        fileURLToPath("file:///a%20b/c"), pathToFileURL("/a b/c#d").href];`);
  });

  it("the last match of a regular expression", async () => {
    await expectSame(`const seen = () => [RegExp.$1, RegExp.$2, RegExp.$9, RegExp.lastMatch, RegExp.lastParen, RegExp.leftContext, RegExp.rightContext];
      export const run = () => {
        const all = [/(b)(c)?/.test("abd") && seen(), "x-y".replace(/(x)-(y)/, () => RegExp.$2 + RegExp.$1), seen()];
        /none/.exec("abc");
        return [...all, seen(), "aXbX".match(/(X)/g), seen(), "a,b".split(/(,)/), "abc".search(/(c)/), seen()];
      };`);
  });

  it("digests", async () => {
    await expectSame(`import crypto, { createHash, createHmac, timingSafeEqual, pbkdf2Sync } from "crypto";
      export const run = async () => [["md5", "sha1", "sha256", "SHA512", "sha384", "ripemd160"].map((name) => createHash(name).update("a").update(Buffer.from("bc")).digest("hex")),
        createHmac("sha256", "key").update("text").digest("base64"), createHmac("sha1", Buffer.from("k")).update("").digest().length, crypto.hash("sha1", "abc"), timingSafeEqual(Buffer.from("a"), Buffer.from("b")),
        pbkdf2Sync("p", "s", 2, 16, "sha256").toString("hex"), Buffer.from(await globalThis.crypto.subtle.digest("SHA-256", new TextEncoder().encode("x"))).toString("hex"),
        (() => { const h = createHash("sha1").update("a"); const c = h.copy(); return [c.update("b").digest("hex"), h.digest("hex"), (() => { try { h.update("c"); } catch (e) { return e.code; } })()]; })(),
        (() => { try { createHash("none"); } catch (e) { return "thrown"; } })()];`);
  });

  it("events of the web, timers without a clock, process", async () => {
    await expectSame(`import process2, { nextTick } from "process"; import timers from "timers";
      export const run = async () => {
        const order = [], controller = new AbortController(), target = new EventTarget();
        controller.signal.addEventListener("abort", (e) => order.push(e.type), { once: true });
        target.addEventListener("x", { handleEvent: (e) => order.push(e.target === target) }); target.dispatchEvent(new Event("x"));
        controller.abort(); controller.abort();
        const any = AbortSignal.any([controller.signal]);
        await new Promise((resolve) => { setImmediate(() => { order.push("immediate"); resolve(); }); nextTick((a) => order.push("tick" + a), 1); clearImmediate(setImmediate(() => order.push("never"))); });
        process.env.OWN = 5;
        return [order, any.aborted, any.reason.name, (() => { try { any.throwIfAborted(); } catch (e) { return e.name; } })(), process === process2, process === globalThis.process, process.env.OWN, "OWN" in process.env,
          delete process.env.OWN, process.env.OWN === undefined, typeof process.hrtime.bigint(), process.argv.length, typeof timers.setTimeout, new CustomEvent("c", { detail: 4 }).detail];
      };`);
  });
});

describe("over powers", () => {
  it("reads and writes files, and only there", async () => {
    const directory = makeMemoryDirectory({ files: { "a.txt": "hällo", "sub/b.txt": "b" } } as any);
    const power = capabilityOf(makeDirectoryPower(directory));
    const text = `import fs, { readFileSync, promises } from "fs"; import later from "node:fs/promises";
      const code = (work) => { try { return work(); } catch (e) { return e.code; } };
      export const run = async () => { fs.mkdirSync("made/deep", { recursive: true }); fs.writeFileSync("made/x.txt", "one"); fs.appendFileSync("made/x.txt", Buffer.from(" two")); await later.writeFile("made/y", "y");
        const called = await new Promise((resolve) => fs.readFile("made/x.txt", "utf8", (error, value) => resolve([error, value])));
        fs.renameSync("made/y", "made/z"); fs.copyFileSync("made/z", "made/w"); fs.rmSync("made/w"); fs.rmSync("nothing", { force: true });
        return [called, fs.readdirSync("made"), fs.readdirSync(".", { recursive: true }), fs.readdirSync("made", { withFileTypes: true }).map((e) => [e.name, e.isDirectory()]), fs.statSync("made").isDirectory(), fs.statSync("made/x.txt").size,
          fs.existsSync("made/x.txt"), fs.existsSync("no"), code(() => readFileSync("no")), code(() => fs.mkdirSync("made")), code(() => fs.readFileSync("../../etc/passwd")), code(() => fs.rmdirSync("made")), fs.statSync("no", { throwIfNoEntry: false }) === undefined,
          await promises.readFile("made/z", "utf8"), code(() => fs.writeFileSync("made/z", "", { flag: "wx" })), code(() => fs.createReadStream("x"))]; };`;
    const { result, denied } = await runInGuest(text, { directory: power });
    expect(result).toEqual([
      [null, "one two"],
      ["deep", "x.txt", "z"],
      expect.arrayContaining(["made", "made/deep", "made/x.txt"]),
      [
        ["deep", true],
        ["x.txt", false],
        ["z", false],
      ],
      true,
      7,
      true,
      false,
      "ENOENT",
      "EEXIST",
      "EACCES",
      "ENOTEMPTY",
      true,
      "y",
      "EEXIST",
      "ERR_METHOD_NOT_IMPLEMENTED",
    ]);
    expect(denied).toEqual([]);
  });

  it("gives randomness, variables and answers from the web", async () => {
    const http = makeHttpPower(async () => new Response(`{"a":1}`, { status: 201, headers: { "x-y": "z" } }), {
      origins: ["https://api.example.com"],
    });
    const { result, denied } = await runInGuest(
      `import { randomBytes, randomInt, randomUUID } from "crypto";
       export const run = async () => { const answer = await fetch("https://api.example.com/x"); const failed = await fetch("https://evil.example/").catch((e) => e.name);
         return [randomBytes(70000).length, randomInt(5) < 5, /^[0-9a-f-]{36}$/.test(randomUUID()), crypto.getRandomValues(new Uint8Array(4)).some((b) => b > 0), process.env.LANG, process.env.HOME ?? "none", Object.keys(process.env),
           answer.status, answer.ok, answer.headers.get("X-Y"), await answer.clone().json(), await answer.text(), failed]; };`,
      {
        random: capabilityOf(makeRandomPower(makeSeededRandom())),
        environment: capabilityOf(makeEnvironmentPower({ LANG: "de", HOME: "/h" }, { names: ["LANG"] })),
        http: capabilityOf(http),
      },
    );
    expect(result).toEqual([
      70000,
      true,
      true,
      true,
      "de",
      "none",
      ["LANG"],
      201,
      true,
      "z",
      { a: 1 },
      `{"a":1}`,
      "TypeError",
    ]);
    expect(denied).toEqual([]);
  });

  it("says what is missing: package, built-in, power; and the audit log hears of it", async () => {
    const { result, denied } =
      await runInGuest(`import fs from "fs"; import { randomBytes } from "crypto"; import http, { request } from "node:http"; import { inflate } from "zlib";
      const said = (work) => { try { work(); return "nothing"; } catch (e) { return e.message; } };
      class Agent extends http.Agent {}
      export const run = async () => [said(() => fs.readFileSync("/etc/passwd")), fs.existsSync("x"), said(() => randomBytes(1)), await fetch("http://x.y/").catch((e) => e.message), said(() => request("x")), said(() => new Agent()), said(() => inflate()),
        said(() => localStorage.getItem("a")), said(() => setTimeout(() => 1, 1)), process.env.HOME === undefined, process.env.NODE_ENV === undefined];`);
    const lacks = (what: string, power: string) =>
      `EACCES: guest.mjs@0.0.0 called ${what}, which needs the power "${power}", and was not given it`;
    const absent = (name: string, used: string, remedy: string) =>
      `guest.mjs@0.0.0 needs Node's built-in "${name}", which does not exist here: ${remedy} (used: ${used})`;
    expect(result).toEqual([
      lacks('fs.readFile("/etc/passwd")', "directory"),
      false,
      lacks("crypto.randomBytes", "random"),
      lacks('fetch("http://x.y/")', "http"),
      absent("http", "request", 'the power "http" would provide it'),
      absent("http", "Agent", 'the power "http" would provide it'),
      absent("zlib", "inflate", "no power provides it"),
      lacks("localStorage", "store"),
      expect.stringContaining('"timers"'),
      true,
      true,
    ]);
    expect(denied).toEqual([
      'directory: fs.readFile("/etc/passwd")',
      'directory: fs.existsSync("x")',
      "random: crypto.randomBytes",
      'http: fetch("http://x.y/")',
      "http: built-in http.request",
      "http: built-in http.Agent",
      "zlib: built-in zlib.inflate",
      "store: localStorage",
      "timers: setTimeout",
      "environment: process.env.HOME",
    ]);
  });
});

describe("in bundles", () => {
  it("can be replaced by a package, for all of its modules", async () => {
    const { result } = await runInGuest(`const original = globalThis.fetch;
      globalThis.fetch = async (url) => "wrapped " + url;
      Buffer = undefined;
      export const run = async () => [typeof original, await fetch("x"), await globalThis.fetch("y"), typeof Buffer, typeof URL];`);
    expect(result).toEqual(["function", "wrapped x", "wrapped y", "undefined", "function"]);
  });

  it("are there only if they are used, and can be required, too", async () => {
    writeFileSync(join(folder, "small.cjs"), `exports.run = () => typeof nothing`);
    const packages = makeNodePackageSource({ folder, cache: join(folder, "cache"), bundles: null });
    const small = await packages.bundle("./small.cjs");
    expect((small.modules[small.entry] ?? "").length).toBeLessThan(1_500);
    const names = Object.keys(BUILTINS).map((name) => JSON.stringify(name));
    writeFileSync(
      join(folder, "all.cjs"),
      `exports.run = () => [${names.map((name) => `typeof require(${name})`)}, require("events") === require("events").EventEmitter, typeof require("assert"), require("process") === process]`,
    );
    const all = await packages.bundle("./all.cjs");
    const guest = makeJavaScriptInstance(kernel.spawn({ guest: "javascript", gas: 5e9, memoryBytes: 64 << 20 }));
    await guest.import(all.entry, all.modules);
    const kinds = (await guest.call("run")) as readonly unknown[];
    expect(kinds.slice(names.length)).toEqual([true, "function", true]);
    expect(new Set(kinds.slice(0, names.length))).toEqual(new Set(["object", "function"]));
  });

  it("knows each global by its name", async () => {
    const names = Object.keys(GLOBALS).filter((name) => !name.includes("."));
    const { result } = await runInGuest(
      `export const run = () => [${names.map((name) => `typeof ${name}, typeof globalThis.${name}, typeof Object.getOwnPropertyDescriptor(globalThis, "${name}")`)}]`,
    );
    expect(result).toEqual(
      names.flatMap((name) =>
        Array.from({ length: 3 }, (_, i) =>
          i < 2 && !["process", "crypto", "localStorage"].includes(name) ? "function" : "object",
        ),
      ),
    );
  });
});
