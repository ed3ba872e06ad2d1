import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { packFiles, startRegistry, type TestRegistry } from "../../../test/support/registry.ts";
import type { LibraryBundle, PackageSource } from "../../library/index.ts";
import { PACKAGE_LIMITS, type PackageLimits } from "./limits.ts";
import { auditNodePackage, makeNodePackageSource } from "./package-source.ts";

let folder = "";
let registry: TestRegistry;
let count = 0;

beforeAll(async () => {
  registry = await startRegistry();
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "caper-source-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function source(
  init: { limits?: Partial<PackageLimits>; offline?: boolean; environment?: object } = {},
): PackageSource {
  const { environment = {}, ...rest } = init;
  const cache = join(folder, "cache");
  return makeNodePackageSource({
    folder,
    cache,
    bundles: null,
    environment: { ...registry.environment, ...environment },
    ...rest,
  });
}

function write(files: { readonly [path: string]: string }): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** In this Node: what is tested here is what the bundle says, not where it runs. */
async function load(bundle: LibraryBundle): Promise<any> {
  const file = join(folder, `bundle-${count++}.mjs`);
  writeFileSync(file, bundle.modules[bundle.entry] ?? "");
  return await import(pathToFileURL(file).href);
}

const failure = (work: Promise<unknown>): Promise<any> =>
  work.then(
    () => expect.unreachable(),
    (error) => error,
  );

describe("packages out of a registry", () => {
  it("resolves ranges as Node would, with one copy where one is enough", async () => {
    for (const version of ["1.0.0", "1.2.0", "2.0.0"]) {
      await registry.add({ name: "leaf", version, files: { "index.js": `module.exports = "leaf ${version}"` } });
    }
    await registry.add({
      name: "old",
      version: "1.0.0",
      manifest: { dependencies: { leaf: "^1.0.0" } },
      files: { "index.js": `module.exports = require("leaf")` },
    });
    await registry.add({
      name: "@scope/root",
      version: "3.1.0",
      manifest: { dependencies: { leaf: "^2.0.0", old: "*" }, type: "module" },
      files: {
        "index.js": `import leaf from "leaf"; import old from "old"; export const found = [leaf, old]; export default 7;`,
      },
    });
    const bundle = await source().bundle("@scope/root@^3");
    const library = await load(bundle);
    expect({ ...library }).toEqual({ default: 7, found: ["leaf 2.0.0", "leaf 1.2.0"] });
    expect(bundle.packages).toEqual([
      { name: "@scope/root", version: "3.1.0" },
      { name: "leaf", version: "1.2.0" },
      { name: "leaf", version: "2.0.0" },
      { name: "old", version: "1.0.0" },
    ]);
    expect(bundle).toMatchObject({ name: "@scope/root", version: "3.1.0", entry: "@scope/root@3.1.0" });
  });

  it("gives a CommonJS package the names that Node finds in it, through what it passes on", async () => {
    await registry.add({
      name: "common",
      version: "1.0.0",
      files: {
        "index.js": `module.exports = require("./lib")`,
        "lib.js": `exports.one = 1; exports["a b"] = 2; exports.default = 3; exports.who = __filename;`,
      },
    });
    const library = await load(await source().bundle("common"));
    expect({ ...library }).toEqual({
      "a b": 2,
      default: { "a b": 2, default: 3, one: 1, who: "/index.js" },
      one: 1,
      who: "/index.js",
    });
  });

  it("takes the builds for workers and browsers, never the one for Node", async () => {
    await registry.add({
      name: "conditions",
      version: "1.0.0",
      manifest: {
        exports: {
          ".": { node: "./node.js", worker: "./worker.js", default: "./default.js" },
          "./browser": { node: "./node.js", browser: "./browser.mjs", default: "./default.js" },
          "./data": "./data.json",
        },
        browser: { fs: false, "./inner.js": "./inner-browser.js" },
      },
      files: {
        "worker.js": `exports.name = "worker"; exports.fs = Object.keys(require("fs")); exports.inner = require("./inner")`,
        "browser.mjs": `export const name = "browser"`,
        "data.json": `{ "a": [1] }`,
        "inner.js": `module.exports = "inner"`,
        "inner-browser.js": `module.exports = "for browsers"`,
      },
    });
    const packages = source();
    expect(await load(await packages.bundle("conditions"))).toMatchObject({
      name: "worker",
      fs: [],
      inner: "for browsers",
    });
    expect((await load(await packages.bundle("conditions/browser"))).name).toBe("browser");
    expect((await load(await packages.bundle("conditions@1/data"))).default).toEqual({ a: [1] });
    expect(await failure(packages.bundle("conditions/other"))).toMatchObject({
      name: "LibraryError",
      code: "not-found",
    });
  });

  it("never runs a script of a package", async () => {
    const marker = join(folder, "ran");
    const run = `node -e "require('fs').writeFileSync(${JSON.stringify(JSON.stringify(marker)).slice(1, -1)}, '')"`;
    const scripts = Object.fromEntries(
      ["preinstall", "install", "postinstall", "prepare", "prepack"].map((name) => [name, run]),
    );
    await registry.add({
      name: "scripted-leaf",
      version: "1.0.0",
      manifest: { scripts },
      files: { "index.js": "", "binding.gyp": "{}" },
    });
    await registry.add({
      name: "scripted",
      version: "1.0.0",
      manifest: { scripts, hasInstallScript: true, dependencies: { "scripted-leaf": "1" } },
      files: { "index.js": `require("scripted-leaf"); exports.a = 1` },
    });
    write({ "project/package.json": JSON.stringify({ name: "own", scripts }), "project/index.js": "exports.b = 2" });
    expect((await load(await source().bundle("scripted"))).a).toBe(1);
    expect((await load(await source().bundle("./project"))).b).toBe(2);
    expect(() => statSync(marker)).toThrow();
  });

  it("makes the same bytes again, from another cache too", async () => {
    await registry.add({
      name: "stable",
      version: "1.0.0",
      files: {
        "index.js": `const path = require("path"); exports.join = path.join; exports.url = () => new URL("http://a/")`,
      },
    });
    const first = await source().bundle("stable");
    rmSync(join(folder, "cache"), { recursive: true });
    const second = await source().bundle("stable");
    expect(second).toEqual(first);
    expect(first.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(JSON.stringify(first)).not.toContain(tmpdir());
  });

  it("authenticates as npm's configuration says", async () => {
    await registry.add({ name: "private", version: "1.0.0", token: "t0ken", files: { "index.js": "exports.a = 1" } });
    const refused = await failure(source().bundle("private"));
    expect(refused).toMatchObject({ code: "network" });
    expect(refused.message).toContain("refuses access");
    write({ ".npmrc": `//${registry.address}/:_authToken=t0ken\n`, "package.json": "{}" });
    expect((await load(await source().bundle("private"))).a).toBe(1);
  });

  it("leaves optional packages out that cannot be had, and fails where one is used that is not there", async () => {
    await registry.add({ name: "gone", version: "1.0.0", tarball: new Uint8Array([1, 2, 3]) });
    await registry.add({
      name: "lenient",
      version: "1.0.0",
      manifest: {
        optionalDependencies: { gone: "1", "never-there": "1" },
        peerDependencies: { "not-given": "1" },
        peerDependenciesMeta: { "not-given": { optional: true } },
      },
      files: {
        "index.js": `for (const load of [() => require("gone"), () => require("never-there"), () => require("not-given")]) try { load() } catch (e) { exports[e.message] = e.code }`,
      },
    });
    const library = await load(await source().bundle("lenient"));
    expect(Object.keys(library.default)).toEqual(
      ["gone", "never-there", "not-given"].map(
        (name) => `Cannot find module '${name}': lenient@1.0.0 does not come with it`,
      ),
    );
    expect(new Set(Object.values(library.default))).toEqual(new Set(["MODULE_NOT_FOUND"]));
  });
});

describe("a cache of bundles", () => {
  it("gives the same bundle again, but for another policy another one", async () => {
    await registry.add({ name: "cached-leaf", version: "1.0.0", files: { "index.js": "module.exports = 1" } });
    await registry.add({
      name: "cached",
      version: "1.0.0",
      manifest: { dependencies: { "cached-leaf": "1" } },
      files: { "index.js": `exports.one = require("cached-leaf")` },
    });
    const kept = new Map<string, Uint8Array>();
    const bundles = {
      get: (key: string) => kept.get(key),
      put: (key: string, bytes: Uint8Array) => void kept.set(key, bytes),
    };
    const packages = makeNodePackageSource({
      folder,
      cache: join(folder, "cache"),
      bundles,
      environment: registry.environment,
    });
    const first = await packages.bundle("cached");
    expect(kept.size).toBe(1);
    expect(await packages.bundle("cached@1.0.0")).toEqual(first);
    expect(kept.size).toBe(1);
    const confined = await packages.bundle("cached", { policy: { packages: { "cached-leaf": {} } } });
    expect(kept.size).toBe(2);
    expect(confined.hash).not.toBe(first.hash);
    // What is kept is what is given: no tarball is opened.
    for (const key of kept.keys())
      kept.set(key, new TextEncoder().encode(JSON.stringify({ ...first, name: "from the cache" })));
    expect((await packages.bundle("cached")).name).toBe("from the cache");
    write({ "project/package.json": `{"name":"own"}`, "project/index.js": "exports.a = 1" });
    await packages.bundle("./project");
    expect(kept.size).toBe(2);
  });
});

describe("packages on this machine", () => {
  it("bundles a tarball, a folder and a file, with what their package.json names", async () => {
    await registry.add({ name: "dependency", version: "1.4.0", files: { "index.js": `exports.version = "1.4.0"` } });
    const tarball = await packFiles({
      "package.json": `{"name":"packed","version":"0.1.0","dependencies":{"dependency":"1"}}`,
      "index.js": `exports.found = require("dependency").version`,
    });
    writeFileSync(join(folder, "packed.tgz"), tarball);
    write({
      "project/package.json": JSON.stringify({
        name: "own",
        version: "2.0.0",
        type: "module",
        exports: "./main.ts",
        dependencies: { dependency: "^1.0.0" },
        devDependencies: { "never-there": "1" },
      }),
      "project/main.ts": `import { version } from "dependency"; export const found: string = version;`,
      "project/tools/one.mts": `import { found } from "../main.ts"; enum Kind { A = 4 } export { found }; export const kind = Kind.A;`,
      "alone.cjs": `exports.alone = true`,
    });
    const packages = source();
    expect((await load(await packages.bundle("./packed.tgz"))).found).toBe("1.4.0");
    const project = await packages.bundle("./project");
    expect(project).toMatchObject({ name: "own", version: "2.0.0" });
    expect((await load(project)).found).toBe("1.4.0");
    expect({ ...(await load(await packages.bundle("./project/tools/one.mts"))) }).toEqual({ found: "1.4.0", kind: 4 });
    expect((await load(await packages.bundle(join(folder, "alone.cjs")))).alone).toBe(true);
  });

  it("never reads what lies outside, whatever a package says", async () => {
    write({ "secret.json": `{"secret":true}` });
    const outside = join(folder, "secret.json");
    await registry.add({
      name: "nosy",
      version: "1.0.0",
      manifest: { exports: { ".": "./index.js", "./main": "../../../secret.json" } },
      files: {
        "index.js": `for (const load of [() => require(${JSON.stringify(outside)}), () => require("../../${"../".repeat(12)}${outside.slice(1)}")]) try { load(); exports.read = true } catch (e) { exports.code = e.code }`,
      },
    });
    await registry.add({
      name: "nosy-main",
      version: "1.0.0",
      manifest: { main: `${"../".repeat(16)}${outside.slice(1)}` },
      files: { "a.js": "" },
    });
    await registry.add({
      name: "nosy-file",
      version: "1.0.0",
      manifest: { dependencies: { x: `file:${folder}` } },
      files: { "index.js": "" },
    });
    const packages = source();
    expect((await load(await packages.bundle("nosy"))).default).toEqual({ code: "MODULE_NOT_FOUND" });
    for (const name of ["nosy/main", "nosy-main"])
      expect(await failure(packages.bundle(name))).toMatchObject({ code: "not-found" });
    expect(await failure(packages.bundle("nosy-file"))).toMatchObject({ code: "broken-package" });
  });
});

describe("what goes wrong", () => {
  it("is one error that names the package", async () => {
    const isRight = await packFiles({ "package.json": `{"name":"swapped","version":"1.0.0"}`, "index.js": "" });
    await registry.add({
      name: "swapped",
      version: "1.0.0",
      tarball: isRight,
      integrity: `sha512-${Buffer.alloc(64).toString("base64")}`,
    });
    await registry.add({ name: "torn", version: "1.0.0", tarball: isRight.subarray(0, isRight.length / 2) });
    await registry.add({
      name: "noise",
      version: "1.0.0",
      tarball: Buffer.from("this is no archive at all".repeat(99)),
    });
    await registry.add({
      name: "empty",
      version: "1.0.0",
      manifest: { main: "lib/nothing.js" },
      files: { "readme.md": "" },
    });
    await registry.add({
      name: "wrong",
      version: "1.0.0",
      files: { "index.js": `require("./lib/x")`, "lib/x.js": "let a;\nlet = ];" },
    });
    await registry.add({
      name: "from-git",
      version: "1.0.0",
      manifest: { dependencies: { x: "git+ssh://git@localhost/x.git" } },
      files: { "index.js": "" },
    });
    const cases: readonly (readonly [specifier: string, code: string, sentence: RegExp])[] = [
      ["no-such-package", "not-found", /^no-such-package.*no such package/],
      ["swapped@9", "not-found", /^swapped@9.*no such version/],
      ["./nowhere", "not-found", /^\.\/nowhere: no such file/],
      ["./nowhere.tgz", "not-found", /no such file/],
      ["not a name", "not-found", /^"not a name" names no package/],
      ["", "not-found", /names no package/],
      ["swapped", "integrity", /^swapped@1\.0\.0: what came is not what was promised/],
      ["torn", "broken-package", /^torn@1\.0\.0: cannot be unpacked/],
      ["noise", "broken-package", /^noise@1\.0\.0: cannot be unpacked/],
      ["empty", "not-found", /^empty@1\.0\.0: has no module/],
      ["wrong", "syntax", /^wrong@1\.0\.0: lib\/x\.js:2:/],
      ["from-git", "broken-package", /comes from no registry/],
    ];
    const packages = source();
    for (const [specifier, code, sentence] of cases) {
      const error = await failure(packages.bundle(specifier));
      expect([specifier, error.name, error.code]).toEqual([specifier, "LibraryError", code]);
      expect(error.message).toMatch(sentence);
      expect(error.message).not.toContain(registry.address);
      expect(error.message).not.toContain("\n");
    }
  });

  it("works from the cache when there is no network", async () => {
    await registry.add({ name: "kept-leaf", version: "1.0.0", files: { "index.js": "module.exports = 5" } });
    await registry.add({
      name: "kept",
      version: "1.0.0",
      manifest: { dependencies: { "kept-leaf": "^1.0.0" } },
      files: { "index.js": `exports.five = require("kept-leaf")` },
    });
    const first = await source().bundle("kept@^1");
    const asked = registry.requests.length;
    expect(await source({ offline: true }).bundle("kept@^1")).toEqual(first);
    expect(registry.requests.length).toBe(asked);
    // Nothing listens on port 1: there is no network as far as anybody can tell.
    const environment = { npm_config_registry: "http://127.0.0.1:1/" };
    expect(await failure(source({ environment }).bundle("stranger"))).toMatchObject({ code: "network" });
    expect(await failure(source({ offline: true }).bundle("stranger"))).toMatchObject({ code: "network" });
  });

  it("falls back on the cache when the registry has gone", async () => {
    const passing = await startRegistry([
      { name: "passing", version: "1.0.0", files: { "index.js": "exports.a = 1" } },
    ]);
    const { environment } = passing;
    const first = await source({ environment }).bundle("passing");
    await passing[Symbol.asyncDispose]();
    expect(await source({ environment }).bundle("passing")).toEqual(first);
  });

  it("notices a cache that was changed", async () => {
    await registry.add({ name: "guarded", version: "1.0.0", files: { "index.js": "exports.a = 1" } });
    await source().bundle("guarded");
    const content = join(folder, "cache", "content-v2", "sha512");
    const files = readdirSync(content, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    for (const file of files) {
      const path = join(file.parentPath, file.name);
      const bytes = readFileSync(path);
      bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
      rmSync(path);
      writeFileSync(path, bytes);
    }
    expect(["integrity", "network"]).toContain((await failure(source({ offline: true }).bundle("guarded"))).code);
    expect((await load(await source().bundle("guarded"))).a).toBe(1);
  });
});

describe("limits", () => {
  it("are held to the last package, file and byte", async () => {
    const text = `exports.a = 1;${" ".repeat(1000)}`;
    const manifest = { dependencies: { "small-leaf": "1.0.0" } };
    const leaf = { name: "small-leaf", version: "1.0.0", main: "index.js" };
    const tarball = await packFiles({ "package.json": JSON.stringify(leaf), "index.js": text });
    await registry.add({ name: "small-leaf", version: "1.0.0", tarball });
    await registry.add({
      name: "small",
      version: "1.0.0",
      manifest,
      files: { "index.js": `module.exports = require("small-leaf")` },
    });
    const bundle = await source().bundle("small-leaf");
    const used = {
      packages: [2, "small"],
      // The folder and its two files.
      files: [3, "small-leaf"],
      unpackedBytes: [JSON.stringify(leaf).length + text.length, "small-leaf"],
      tarballBytes: [tarball.length, "small-leaf"],
      bundleBytes: [Buffer.byteLength(bundle.modules[bundle.entry] ?? ""), "small-leaf"],
    } as const;
    for (const [name, [amount, specifier]] of Object.entries(used)) {
      await source({ limits: { [name]: amount } }).bundle(specifier);
      const error = await failure(source({ limits: { [name]: amount - 1 } }).bundle(specifier));
      expect([name, error.code]).toEqual([name, "broken-package"]);
      expect(error.message).toContain(String(amount - 1));
    }
    expect(Object.keys(used).sort()).toEqual(Object.keys(PACKAGE_LIMITS).sort());
  });
});

describe("packages with a process of their own", () => {
  it("are left to be imported from inside, by name", async () => {
    await registry.add({
      name: "deep",
      version: "1.0.0",
      manifest: { type: "module", exports: { ".": "./index.js", "./sub": "./sub.js" } },
      files: { "index.js": `export const one = 1; export default "d"`, "sub.js": `export const two = 2` },
    });
    await registry.add({
      name: "middle",
      version: "1.0.0",
      manifest: { dependencies: { deep: "1" } },
      files: { "index.js": `exports.deep = require("deep"); exports.sub = require("deep/sub").two` },
    });
    await registry.add({
      name: "upper",
      version: "1.0.0",
      manifest: { type: "module", dependencies: { middle: "1", deep: "1" } },
      files: {
        "index.js": `import middle, { sub } from "middle"; import d, { one } from "deep"; export const found = [middle, sub, d, one]`,
      },
    });
    const policy = { packages: { deep: { gas: 5 }, middle: {} } };
    const bundle = await source().bundle("upper", { policy });
    expect(bundle.packages.map(({ name }) => name)).toEqual(["upper"]);
    expect(
      bundle.confined?.map(({ name, policy: { gas }, bundle: { packages } }) => [name, gas, packages.length]),
    ).toEqual([
      ["deep", 5, 1],
      ["middle", undefined, 1],
    ]);
    const middle = bundle.confined?.find(({ name }) => name === "middle")?.bundle;
    expect(middle?.confined?.map(({ name }) => name)).toEqual(["deep", "deep/sub"]);
    const namespaces: { readonly [name: string]: unknown } = {
      deep: { one: 1, default: "d" },
      middle: { sub: 2, default: "m" },
    };
    Object.assign(globalThis, { caper: { confined: (name: string) => namespaces[name] } });
    expect((await load(bundle)).found).toEqual(["m", 2, "d", 1]);
  });

  it("may not import each other in a circle", async () => {
    await registry.add({
      name: "ring-a",
      version: "1.0.0",
      manifest: { dependencies: { "ring-b": "1" } },
      files: { "index.js": `exports.b = require("ring-b")` },
    });
    await registry.add({
      name: "ring-b",
      version: "1.0.0",
      manifest: { dependencies: { "ring-a": "1" } },
      files: { "index.js": `exports.a = require("ring-a")` },
    });
    const packages = source();
    const error = await failure(packages.bundle("ring-a", { policy: { packages: { "ring-a": {}, "ring-b": {} } } }));
    expect(error.code).toBe("broken-package");
    expect(error.message).toContain("ring-a -> ring-b -> ring-a");
    expect((await packages.bundle("ring-a", { policy: { packages: { "ring-b": {} } } })).confined?.length).toBe(1);
  });
});

describe("auditNodePackage", () => {
  it("shows what each package of a tree would reach for, imported or not", async () => {
    await registry.add({
      name: "phantom",
      version: "4.2.1",
      manifest: { scripts: { postinstall: "node setup.js" } },
      files: { "setup.js": "", "index.js": `fetch("https://never.example")` },
    });
    await registry.add({
      name: "typed-leaf",
      version: "1.0.0",
      files: { "index.js": `require("fs").readFileSync(process.env.HOME)`, "unused.js": `require("net")` },
    });
    await registry.add({
      name: "audited",
      version: "1.0.0",
      manifest: { dependencies: { phantom: "4", "typed-leaf": "1" }, type: "module" },
      files: {
        "index.js": `import leaf from "typed-leaf"; import net from "node:net"; export const go = () => fetch("https://ok.example/x", leaf, net)`,
      },
    });
    const cache = join(folder, "cache");
    const audit = await auditNodePackage("audited", { folder, cache, environment: registry.environment });
    expect(audit).toMatchObject({ package: "audited", version: "1.0.0" });
    expect(
      audit.packages.map((one) => [one.name, one.isReached, one.powers, one.builtins, one.hosts, one.scripts]),
    ).toEqual([
      ["audited", true, ["http"], ["net"], ["ok.example"], []],
      ["phantom", false, [], [], [], ["postinstall: node setup.js"]],
      ["typed-leaf", true, ["directory", "environment"], ["fs"], [], []],
    ]);
    write({
      "own/package.json": `{"name":"own","dependencies":{"typed-leaf":"1"}}`,
      "own/main.ts": `import "typed-leaf"; export const a: number = setTimeout(() => 1)`,
    });
    const own = await auditNodePackage("./own/main.ts", { folder, cache, environment: registry.environment });
    expect(own.packages.map((one) => [one.name, one.powers])).toEqual([
      ["own", ["timers"]],
      ["typed-leaf", ["directory", "environment"]],
    ]);
  });
});
