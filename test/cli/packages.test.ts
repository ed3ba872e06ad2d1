/**
 * Packages on the command line: `try`, `audit`, `log`, and `run` with a policy. All packages are folders, so that no registry is asked.
 *
 * @module
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EXIT_CODES } from "../../src/cli/exit-codes.ts";
import { parsePolicy } from "../../src/library/index.ts";
import { caper, type Outcome, startCaper } from "./caper.ts";

const SHOUT = `
import { readFileSync } from "node:fs";
export const shout = (text) => text.toUpperCase() + "!";
export const peek = () => { try { return readFileSync("a.txt", "utf8"); } catch (error) { return error.message; } };
export const home = () => process.env.CAPER_TEST_HOME;
export const spin = () => { for (;;) {} };
`;
let folder = "";

function put(path: string, content: string | object): string {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "caper-cli-packages-"));
  const shout = { name: "shout", version: "1.2.0", type: "module", exports: "./index.js" };
  put("shout/package.json", { ...shout, scripts: { postinstall: "node setup.js" } });
  put("shout/index.js", SHOUT);
  put("older/package.json", { ...shout, version: "1.1.0" });
  put("older/index.js", "export const shout = (text) => text;");
  put("app/package.json", { name: "app", type: "module", dependencies: { shout: "file:../shout" } });
  put("app/data/a.txt", "the file");
  put(
    "app/app.ts",
    `import { home, peek, shout } from "shout";
     const say = (text: string): void => console.log(text);
     say([shout("hi"), peek(), home()].join());
     say(String(caper.power("confined:shout/directory")) + caper.power("directory"));
     let sum = 0;
     for (let i = 0; i < 300_000; i++) sum += i;
     say([shout("end"), peek(), home()].join());`,
  );
  const powers = { directory: { path: "data", readOnly: true }, environment: { names: ["CAPER_TEST_HOME"] } };
  put("app/caper.policy.json", { version: 1, packages: { shout: { gas: 500_000_000, powers } } });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function expectSentence(outcome: Outcome, code: keyof typeof EXIT_CODES, text: string): void {
  expect(outcome.stderr).toContain(text);
  expect(outcome.stderr).not.toMatch(/\n\s+at |file:\/\/|node:internal/);
  expect(outcome.stderr.trimEnd().split("\n").length).toBeLessThanOrEqual(2);
  expect(outcome.code).toBe(EXIT_CODES[code]);
}

describe("caper try", () => {
  it("evaluates lines beside the library, shows what each used, and goes on after a refill", async () => {
    const lines = ['shout.shout("hi")', "const n = 40", "n + 2", "{ a: 1 }", "shout.peek()", "missing"];
    const more = ["shout.spin()", ".refill 50M", ".meter", ".nothing", ".refill much", ".help", ".exit", "late"];
    const input = [...lines, ...more].join("\n");
    const { code, stdout, stderr } = await startCaper(
      folder,
      ["try", "./shout", "--gas", "300M", "--audit-log", "try.jsonl"],
      { input },
    ).ended;
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^shout@1\.2\.0 as shout: home, peek, shout, spin\nloading took [\d.]+M gas; powers: none/);
    expect(stdout).toMatch(/\nHI!\n {2}[\d.]+[kM] gas \([\d.]+[kM] in the library\), [\d.]+ MiB/);
    expect(stdout).toMatch(/\n42\n.*\n\{ a: 1 \}\n/);
    expect(stdout).toContain('needs the power "directory"');
    expect(stdout).toContain("\nUncaught ReferenceError: missing is not defined\n");
    expect(stdout).toContain("shout: out of gas in the middle of a call; .refill 10M goes on with it\n");
    expect(stdout).toContain("shout: stopped again; .refill 10M goes on with it\n");
    expect(stdout).toMatch(/\n[\d.]+M gas, [\d.]+M of it in the library; [\d.]+ MiB of memory\n/);
    expect(stdout).toContain(".nothing: no such command");
    expect(stdout).toContain(".refill: expected a whole number");
    expect(stdout).not.toContain("late");
    const log = await caper(folder, "log", "try.jsonl", "--denied", "--package", "shout");
    expect(log.stdout).toMatch(/^1 \d{4}-.* denied shout directory\.fs\.readFile\("a\.txt"\)/);
    expect((await caper(folder, "log", "try.jsonl", "--package", "other")).stdout).toBe("");
    const [line = ""] = (await caper(folder, "log", "try.jsonl", "--json")).stdout.split("\n");
    expect(JSON.parse(line)).toMatchObject({ sequence: 1, package: "shout", power: "directory", decision: "denied" });
  });

  it("answers also when the prompt itself has run out, and goes on with the next line", async () => {
    const input = ["const n = 7", "n = 8; while (true) {}", ".meter", "n * 6"].join("\n");
    const { code, stdout, stderr } = await startCaper(folder, ["try", "./shout"], { input }).ended;
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(
      /\nthe prompt is out of gas; .refill 10M goes on\n2[\d.]*G gas, .* of it in the library;.*\n42\n/,
    );
  });

  it("stops a line at Ctrl-C, and is as it was before it", async () => {
    const { child, ended } = startCaper(folder, ["try", "./shout"]);
    child.stdin?.write('const n = 7\nn = 8; console.log("begun"); while (true) {}\n');
    let seen = "";
    child.stdout?.on("data", (chunk: string) => {
      seen += chunk;
      if (child.stdin?.writable !== true || !seen.includes("begun\n")) return;
      child.kill("SIGINT");
      child.stdin.end("n * 6\n");
    });
    const { code, stdout } = await ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/\nbegun\nstopped; everything is as it was before this line\n42\n/);
  });

  it("gives the powers that are named, and no others", async () => {
    const options = ["--power", "directory=app/data:ro", "--power", "environment=CAPER_TEST_HOME"];
    const env = { CAPER_TEST_HOME: "here" };
    const input = "shout.peek() + shout.home()\n";
    const { stdout } = await startCaper(folder, ["try", "./shout", ...options], { input, env }).ended;
    expect(stdout).toContain("\nthe filehere\n");
  });

  it("says in one sentence what is wrong", async () => {
    expectSentence(await caper(folder, "try", "./absent"), "input", "./absent: no such file or folder");
    expectSentence(await caper(folder, "try", "No Such"), "input", '"No Such" names no package');
    expectSentence(await caper(folder, "try", "./shout", "--gas", "1M"), "out-of-gas", "does not suffice to load it");
    put("broken/package.json", { name: "broken", main: "index.js" });
    put("broken/index.js", "let = = 1");
    expectSentence(await caper(folder, "try", "./broken"), "input", "index.js:1:");
    expectSentence(await caper(folder, "try", put("cut.tgz", "no tarball")), "input", "cannot be unpacked");
    expectSentence(await caper(folder, "try", "./shout", "--power", "fly"), "usage", "--power fly: is not known");
    expectSentence(await caper(folder, "try", "./shout", "--power", "clock=1"), "usage", "takes no setting");
    expectSentence(await caper(folder, "try", "./shout", "--power", "directory=absent"), "input", "directory: ");
    expectSentence(await caper(folder, "log", put("x.jsonl", '{"a":1}\n')), "input", "x.jsonl: line 1 is no entry");
    expectSentence(await caper(folder, "log", "absent.jsonl"), "file", "absent.jsonl: cannot be read");
  });
});

describe("caper audit", () => {
  it("shows what a package would reach for, and proposes a policy that can be read again", async () => {
    const { code, stdout, stderr } = await caper(folder, "audit", "./shout", "--policy-out", "proposed.json");
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^shout@1\.2\.0\n {2}powers +directory, environment\n {2}built-ins +fs\n/);
    expect(stdout).toContain("postinstall: node setup.js");
    expect(stdout).toMatch(/trial run without powers: loaded, [\d.]+M gas, [\d.]+ MiB/);
    const { packages } = parsePolicy(readFileSync(join(folder, "proposed.json"), "utf8"));
    expect(packages.shout?.powers).toEqual({
      directory: { path: ".", readOnly: true },
      environment: { names: ["CAPER_TEST_HOME"] },
    });
  });

  it("shows what is new since another version, or an earlier report", async () => {
    const whole = await caper(folder, "audit", "./older", "--json");
    put("older.json", whole.stdout);
    for (const older of ["./older", "older.json"]) {
      const { stdout } = await caper(folder, "audit", "./shout", "--diff", older);
      expect(stdout).toMatch(/^shout@1\.1\.0 -> shout@1\.2\.0\n/);
      expect(stdout).toMatch(/\n {2}\+ powers +directory, environment\n/);
      expect(stdout).toMatch(/\n {2}\+ install scripts, not run +postinstall: node setup\.js\n/);
    }
    expect((await caper(folder, "audit", "./older", "--diff", "./shout")).stdout).toContain("asks for nothing new");
    put("no.json", "{");
    expectSentence(await caper(folder, "audit", "./shout", "--diff", "no.json"), "input", "no.json: is not JSON");
  });
});

describe("caper run with packages", () => {
  const env = { CAPER_TEST_HOME: "here" };
  const run = (...args: readonly string[]): Promise<Outcome> => startCaper(folder, args, { input: "", env }).ended;

  it("runs an application whose package shares its process, with nothing", async () => {
    const { code, stdout } = await run("run", "app/app.ts");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^HI!,EACCES: .*needs the power "directory".*,\nundefinedundefined\nEND!,EACCES/);
  });

  it("confines packages by a policy, writes the log, and freezes and thaws all of it", async () => {
    const policy = ["--policy", "app/caper.policy.json"];
    const whole = await run("run", "app/app.ts", ...policy, "--audit-log", "run.jsonl", "--report", "whole.json");
    const seen = "HI!,the file,here\nundefinedundefined\n";
    const end = "END!,the file,here\n";
    expect(whole).toEqual({ code: 0, stdout: seen + end, stderr: "" });
    const log = await caper(folder, "log", "run.jsonl", "--package", "shout");
    expect(log.stdout).toMatch(/allowed shout directory\.read .*\n.* allowed shout environment\.get /);
    const { gasUsed } = JSON.parse(readFileSync(join(folder, "whole.json"), "utf8"));
    const after = String(gasUsed - 10_000_000);
    const freeze = ["--freeze-after", after, "--freeze-to", "app.caper"];
    const half = await run("run", "app/app.ts", ...policy, ...freeze);
    expect([half.code, half.stdout]).toEqual([EXIT_CODES.frozen, seen]);
    expect(await run("thaw", "app.caper", ...policy)).toEqual({ code: 0, stdout: end, stderr: "" });
    const without = await run("thaw", "app.caper");
    expect([without.code, without.stdout]).toEqual([1, ""]);
    expect(without.stderr).toContain("nothing stands for this capability");
  });

  it("says in one sentence what is wrong with a policy", async () => {
    const refuse = async (content: string | object, text: string): Promise<void> =>
      expectSentence(await run("run", "app/app.ts", "--policy", put("app/p.json", content)), "input", text);
    await refuse('{\n"version": 1,\n"packages": {,}\n}', "line 3");
    await refuse({ version: 2, packages: {} }, "version: expected 1, got 2");
    await refuse(
      { version: 1, packages: { shout: { powers: { fly: true } } } },
      "packages.shout.powers.fly: is not known",
    );
    await refuse({ version: 1, packages: { shout: { powers: { directory: { path: "no" } } } } }, "directory");
    await refuse({ version: 1, packages: { shuot: {} } }, 'packages["shuot"] of its policy: none of its packages');
    await refuse(
      { version: 1, packages: { shout: { gas: 20_000_000_000 } } },
      'packages["shout"]: its gas, 20G, comes out of the script\'s, which has 10G',
    );
    expectSentence(await run("run", "app/app.ts", "--policy", "absent.json"), "file", "absent.json: cannot be read");
  });

  it("says which package cannot be started with what the script has left, and how much that is", async () => {
    const policy = put("app/tight.json", { version: 1, packages: { shout: { gas: 99_000_000 } } });
    const tight = await run("run", "app/app.ts", "--policy", policy, "--gas", "99M");
    expect(tight.code).toBe(1);
    expect(tight.stderr).toMatch(
      /LibraryError: shout: its 99000000 gas and \d+ bytes come out of .* left, which is \d+ gas/,
    );
    const freeze = await run(
      "run",
      "app/app.ts",
      "--policy",
      put("app/none.json", { version: 1, packages: { shout: {} } }),
      "--freeze-after",
      "1M",
    );
    expectSentence(freeze, "usage", 'packages["shout"]: has no gas of its own');
  });

  it("loads what a TypeScript module imports and does not use, as without packages", async () => {
    put("app/effects.ts", "console.log('loaded');\nexport const unused = 1;");
    put(
      "app/side.ts",
      'import { unused } from "./effects.ts";\nimport { shout } from "shout";\nconsole.log(shout("hi"));',
    );
    expect((await run("run", "app/side.ts")).stdout).toBe("loaded\nHI!\n");
  });
});
