import { describe, expect, it } from "vitest";
import { addTrial, auditPackage, diffAudit, type PackageFiles, proposePolicy, type TreeAudit } from "./audit.ts";
import { auditSource } from "./audit-source.ts";
import { formatPolicy, parsePolicy } from "./policy.ts";

function files(source: string, init: Partial<PackageFiles> = {}): PackageFiles {
  return {
    name: "a",
    version: "1.0.0",
    isReached: true,
    sources: [source],
    manifest: {},
    files: ["index.js"],
    ...init,
  };
}

const tree = (...packages: readonly PackageFiles[]): TreeAudit => ({
  package: packages[0]?.name ?? "",
  version: packages[0]?.version ?? "",
  packages: packages.map(auditPackage),
});

describe("auditSource", () => {
  it("finds built-ins, however they are imported", () => {
    const found =
      auditSource(`import "node:fs"; import x, { y } from "path"; export * from "events"; export { z } from "util";
      const a = require("child_process"), b = await import("net"), c = require(\`zlib\`); require("marked"); require(computed); require("buffer/");`);
    expect(found.builtins).toEqual(["child_process", "events", "fs", "net", "path", "util", "zlib"]);
  });

  it("finds globals, also through the global object, and none that the file means otherwise", () => {
    expect(auditSource(`fetch("x"); globalThis.WebSocket; window["localStorage"]; setTimeout(f)`).globals).toEqual([
      "WebSocket",
      "fetch",
      "localStorage",
      "setTimeout",
      "window",
    ]);
    expect(
      auditSource(
        `import fetch from "x"; fetch("y"); function navigator() {} const { Worker } = z; (process) => process.env.A; a.fetch; ({ crypto: 1 })`,
      ).globals,
    ).toEqual([]);
  });

  it("finds variables, hosts, and code made of text", () => {
    const found =
      auditSource(`process.env.HOME; const { NPM_TOKEN, ...rest } = process.env; globalThis.process.env["CI"]; send(process.env);
      const a = "https://api.example.com/x", b = \`wss://\${c}.example.org:80/\`, d = "see http://EVIL.example/a and http://localhost:80", e = "//no.host", f = "https://x";
      new Function("a"); Function("b")(); (0, eval)("c"); g instanceof Function; crypto.randomUUID();`);
    expect(found.variables).toEqual(["*", "CI", "HOME", "NPM_TOKEN"]);
    expect(found.hosts).toEqual(["api.example.com", "evil.example"]);
    expect(found.evaluates).toEqual(["Function", "eval"]);
    expect(found.drawsRandom).toBe(true);
  });

  it("takes a test of whether there is an environment for what it is", () => {
    const source =
      "typeof process === 'object' && process.env && process.env.NODE_DEBUG; if (!process.env || process.env.A) b()";
    expect(auditSource(source).variables).toEqual(["A", "NODE_DEBUG"]);
    expect(auditSource("const all = process.env || {}; (process.env ? 1 : 2)").variables).toEqual(["*"]);
  });

  it("reads scripts and modules, and says when it cannot", () => {
    expect(auditSource("#!/usr/bin/env node\nwith (a) { eval(b) }; return 1").evaluates).toEqual(["eval"]);
    expect(auditSource("let = ];")).toMatchObject({ isRead: false, builtins: [], hosts: [] });
    expect(auditSource(`${"[".repeat(200)}${"]".repeat(200)}; fetch(1)`).globals).toEqual(["fetch"]);
  });
});

describe("auditPackage", () => {
  it("names scripts that npm would run, native addons, and the powers that it all would need", () => {
    const found = auditPackage(
      files(
        `require("fs").readFile(process.env.HOME + "/.npmrc"); fetch("https://collect.example/"); require("crypto").randomBytes(4); setInterval(x); console.log(Date.now())`,
        {
          manifest: { scripts: { preinstall: "node setup.js", test: "x", postinstall: "y" } },
          files: ["index.js", "build/Release/a.node", "binding.gyp"],
        },
      ),
    );
    expect(found).toMatchObject({
      powers: ["directory", "environment", "http", "random", "timers"],
      scripts: ["postinstall: y", "preinstall: node setup.js"],
      native: ["binding.gyp", "build/Release/a.node"],
      variables: ["HOME"],
      hosts: ["collect.example"],
    });
    expect(auditPackage(files("", { files: ["binding.gyp"] })).scripts).toEqual(["install: node-gyp rebuild"]);
  });

  it("asks for nothing where there is nothing", () => {
    const found = auditPackage(
      files(`process.env.NODE_ENV; require("crypto").createHash("md5"); require("path"); console.log(1); new Date()`),
    );
    expect(found).toMatchObject({
      powers: [],
      variables: [],
      hosts: [],
      scripts: [],
      native: [],
      evaluates: [],
      unread: 0,
    });
    expect(auditPackage(files("let = ];")).unread).toBe(1);
  });
});

describe("proposePolicy", () => {
  const audit = tree(
    files(`require("b")`, { name: "root", version: "2.0.0" }),
    files(`fetch("https://api.example.com/")`, { name: "b", version: "1.0.0" }),
    files(`fetch("https://two.example.com/"); process.env.TOKEN`, { name: "b", version: "2.0.0" }),
    files("1", { name: "pure" }),
    files("", { name: "phantom", isReached: false, sources: [], manifest: { scripts: { postinstall: "steal" } } }),
  );

  it("gives each package that reaches for something its own entry, with just that", () => {
    const proposed = proposePolicy(audit, { gas: 5, memoryBytes: 6 });
    expect(proposed.packages).toEqual({
      root: { powers: {}, gas: 5, memoryBytes: 6 },
      b: {
        powers: {
          http: { origins: ["https://api.example.com", "https://two.example.com"] },
          environment: { names: ["TOKEN"] },
        },
      },
    });
    expect(parsePolicy(formatPolicy(proposed))).toEqual(proposed);
  });

  it("learns from a trial run what the code does not say", () => {
    const entry = { bytes: 0, decision: "denied" } as const;
    const tried = addTrial(audit, [
      { ...entry, package: "pure", power: "http", method: 'fetch("https://hidden.example:80/x")' },
      { ...entry, power: "directory", method: 'fs.readFile("/root/.ssh/id")' },
      { ...entry, package: "root", power: "environment", method: "process.env.AWS_KEY" },
      { ...entry, package: "root", power: "child_process", method: "built-in child_process" },
      { ...entry, package: "root", power: "random", method: "bytes", decision: "allowed" },
    ]);
    expect(tried.packages[0]).toMatchObject({
      powers: ["directory", "environment", "random"],
      paths: ["/root/.ssh/id"],
      variables: ["AWS_KEY"],
    });
    expect(tried.packages[3]).toMatchObject({ powers: ["http"], hosts: ["hidden.example"] });
    expect(diffAudit(audit, tried).map((change) => change.package)).toEqual(["pure", "root"]);
  });
});

describe("diffAudit", () => {
  it("shows only authority that is new", () => {
    const before = tree(
      files(`fetch("https://api.example.com/")`),
      files("", { name: "same" }),
      files("eval(1)", { name: "gone" }),
    );
    const after = tree(
      files(`fetch("https://api.example.com/"); fetch("https://evil.example/"); require("fs")`, { version: "1.0.1" }),
      files("", { name: "same", version: "9.0.0" }),
      files("", {
        name: "phantom",
        version: "4.2.1",
        isReached: false,
        manifest: { scripts: { postinstall: "node setup.js" } },
      }),
      files("", { name: "harmless" }),
    );
    expect(diffAudit(before, after)).toEqual([
      {
        package: "a",
        before: "1.0.0",
        after: "1.0.1",
        added: { powers: ["directory"], builtins: ["fs"], hosts: ["evil.example"] },
      },
      { package: "phantom", before: undefined, after: "4.2.1", added: { scripts: ["postinstall: node setup.js"] } },
    ]);
    expect(diffAudit(after, after)).toEqual([]);
  });
});
