/**
 * The command line as its users see it: output, exit codes, reports, images that go on elsewhere.
 *
 * @module
 */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { EXIT_CODES } from "../../src/cli/exit-codes.ts";
import type { Report } from "../../src/cli/report.ts";
import { bytesToImage, decodeImage, diffImages, encodeImage, imageToBytes, makeBase } from "../../src/image/index.ts";
import { projectRoot } from "../support/sources.ts";
import { caper, type Outcome, says, startCaper } from "./caper.ts";
import { endless, exiting, greedy, library, recursive, stranger, trapping } from "./modules.ts";

const programs = join(projectRoot, "test/programs");
const words = join(projectRoot, "scripts/tour/words.wasm");
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "caper-cli-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return name;
}

function report(name: string): Report {
  return JSON.parse(readFileSync(join(folder, name), "utf8")) as Report;
}

/** One sentence for people, and no stack trace of ours. */
function expectSentence(outcome: Outcome, code: keyof typeof EXIT_CODES, text: string): void {
  expect(outcome.stderr).toContain(text);
  expect(outcome.stderr).not.toMatch(/\n\s+at |file:\/\/|node:internal/);
  expect(outcome.stderr.trimEnd().split("\n").length).toBeLessThanOrEqual(2);
  expect(outcome.code).toBe(EXIT_CODES[code]);
}

describe("caper run", () => {
  it("runs a program, passes its arguments and is silent where no terminal is", async () => {
    expect(await caper(folder, "run", join(programs, "fib.wasm"), "8")).toEqual({
      code: 0,
      stdout: "fib 8 00000015\n",
      stderr: "",
    });
  });

  it("passes the program's exit code through", async () => {
    expect(await caper(folder, "run", put("exit.wasm", exiting(42)))).toEqual({ code: 42, stdout: "", stderr: "" });
    expect((await caper(folder, "run", put("zero.wasm", exiting(0)))).code).toBe(0);
  });

  it("gives a folder only where it is named, and read-only where that is said", async () => {
    mkdirSync(join(folder, "notes"));
    writeFileSync(join(folder, "notes/a.md"), "caper caper jumps");
    const given = await caper(folder, "run", words, "text", "--dir", "text=notes:ro");
    expect(given.stdout).toContain("3 words in 1 files; most frequent: caper (2) jumps (1)");
    const without = await caper(folder, "run", words, "text");
    expect(without).toMatchObject({ code: 1, stdout: "" });
    expectSentence(
      await caper(folder, "run", words, "--dir", "text=absent"),
      "file",
      "--dir text=absent: no such folder",
    );
  });

  it("runs TypeScript, with its arguments and the files it imports", async () => {
    put("lib.ts", "export const double = (n: number): number => n * 2;\n");
    put(
      "main.ts",
      'import { double } from "./lib.ts";\nconsole.log(caper.args.map((a: string) => double(Number(a))).join());\n',
    );
    expect(await caper(folder, "run", "main.ts", "4", "--", "-5")).toEqual({ code: 0, stdout: "8,-10\n", stderr: "" });
  });

  it("gives a script the powers that are named, also after a thaw, and no others", async () => {
    mkdirSync(join(folder, "data"));
    writeFileSync(join(folder, "data/a.txt"), "content");
    const source = `
      const use = (name, ask) => { try { return ask(caper.power(name)) } catch (error) { return error.message } };
      const report = () => console.log([
        use("directory", (files) => files === undefined ? "none" : files.readText("/notes/a.txt")),
        use("directory", (files) => files?.write("notes/a.txt", "changed")),
        use("environment", (variables) => variables === undefined ? "none" : variables.get("COLOUR")),
        caper.power("clock") === undefined, caper.power("random") === undefined,
      ].join(", "));
      console.log(caper.power("input").readText());
      report();
      let n = 0; for (let i = 0; i < 200000; i++) n += i;
      report();`;
    const given = ["--dir", "notes=data:ro", "--env", "COLOUR=blue"];
    const seen = "content, directory.write: read-only: the directory is read-only, blue, true, true\n";
    const whole = await startCaper(folder, ["run", put("powers.ts", source), ...given], { input: "typed" }).ended;
    expect(whole).toEqual({ code: 0, stdout: `typed\n${seen}${seen}`, stderr: "" });
    expect((await caper(folder, "run", "powers.ts")).stdout).toContain("none, , none, true, true\n");
    const freeze = ["--freeze-after", "15M", "--freeze-to", "p.caper"];
    const half = await startCaper(folder, ["run", "powers.ts", ...given, ...freeze], { input: "typed" }).ended;
    expect([half.code, half.stdout]).toEqual([EXIT_CODES.frozen, `typed\n${seen}`]);
    expect(await caper(folder, "thaw", "p.caper", ...given)).toEqual({ code: 0, stdout: seen, stderr: "" });
    expect((await caper(folder, "thaw", "p.caper")).stdout).toContain("nothing stands for this capability");
  });

  it("gives a script's child no power of the script's after a thaw, though it calls its own by the same name", async () => {
    mkdirSync(join(folder, "data/pub"), { recursive: true });
    writeFileSync(join(folder, "data/private.txt"), "private");
    writeFileSync(join(folder, "data/pub/a.txt"), "public");
    put(
      "deputy.mjs",
      `const child = caper.spawn(\`
        function read(path) { try { return caper.power("directory").readText(path) } catch (error) { return error.code ?? "refused" } }\`,
        { gas: 3e7, memoryBytes: 8e6, powers: { directory: caper.power("directory").subdirectory("data/pub") } });
      const report = () => console.log(child.call("read", "a.txt"), child.call("read", "data/private.txt"));
      report();
      for (let i = 0; i < 2000000; i++);
      report();`,
    );
    const freeze = ["--freeze-after", "60M", "--freeze-to", "d.caper"];
    const frozen = await caper(folder, "run", "deputy.mjs", "--dir", "data=data", ...freeze);
    expect([frozen.code, frozen.stdout]).toEqual([EXIT_CODES.frozen, "public refused\n"]);
    expect(await caper(folder, "thaw", "d.caper", "--dir", "data=data")).toMatchObject({ stdout: "lost lost\n" });
  });

  it("reports what a script throws with the script's own stack, and exit code 1", async () => {
    put("bad.js", "function f() { throw new RangeError('too far'); }\nf();\n");
    const outcome = await caper(folder, "run", "bad.js");
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain("RangeError: too far");
    expect(outcome.stderr).toContain("bad.js:1");
    expect(outcome.stderr).not.toContain("/src/");
  });

  it("stops at limits with codes of their own", async () => {
    const options = ["--gas", "1M", "--memory", "1M"];
    expectSentence(
      await caper(folder, "run", put("a.wasm", endless), ...options),
      "out-of-gas",
      "out of gas: all 1M are used",
    );
    expectSentence(
      await caper(folder, "run", put("b.wasm", greedy), ...options),
      "out-of-memory",
      "it wants 1.06 MiB in all",
    );
    expectSentence(
      await caper(folder, "run", put("c.wasm", trapping), ...options),
      "trap",
      "c.wasm trapped: unreachable",
    );
    expectSentence(await caper(folder, "run", put("d.wasm", recursive)), "trap", "d.wasm trapped: stack-overflow");
    expectSentence(
      await caper(folder, "run", put("e.js", "while (true) {}"), "--gas", "9M"),
      "out-of-gas",
      "all 9M are used",
    );
  });

  it("keeps what ran out, or was ended with SIGTERM, in a file of the program's name where no other was named", async () => {
    put("e.js", "console.log('begun'); while (true) {}");
    expectSentence(await caper(folder, "run", "e.js", "--gas", "9M"), "out-of-gas", "go on with: caper thaw e.caper");
    const again = await caper(folder, "thaw", "e.caper", "--gas", "1M");
    expectSentence(again, "out-of-gas", "kept in e.caper; go on with: caper thaw e.caper --gas 50M");
    rmSync(join(folder, "e.caper"));
    const running = startCaper(folder, ["run", "e.js", "--gas", "1T"]);
    await says(running, "begun\n");
    running.child.kill("SIGTERM");
    expectSentence(await running.ended, "frozen", "frozen into e.caper");
    mkdirSync(join(folder, "f.caper"));
    put("f.js", "while (true) {}");
    const lost = await caper(folder, "run", "f.js", "--gas", "9M");
    expectSentence(lost, "out-of-gas", "it could not be kept: f.caper: cannot be written: it is a folder");
  });

  it("writes through links and into devices, and leaves them in their places", async () => {
    symlinkSync("/dev/null", join(folder, "nowhere.json"));
    put("real.json", "");
    symlinkSync("real.json", join(folder, "link.json"));
    put("a.js", "");
    expect((await caper(folder, "run", "a.js", "--report", "nowhere.json")).code).toBe(0);
    expect((await caper(folder, "run", "a.js", "--report", "link.json")).code).toBe(0);
    expect(readlinkSync(join(folder, "nowhere.json"))).toBe("/dev/null");
    expect(readlinkSync(join(folder, "link.json"))).toBe("real.json");
    expect(report("real.json").status).toBe("done");
  });

  it("says in one sentence what is wrong with what it was given", async () => {
    const fib = join(programs, "fib.wasm");
    expectSentence(await caper(folder, "run", "absent.wasm"), "file", "absent.wasm: cannot be read: no such file");
    expectSentence(await caper(folder, "run", "."), "file", "it is a folder");
    expectSentence(
      await caper(folder, "run", put("x.txt", "hello")),
      "input",
      "neither a WebAssembly module nor a script",
    );
    expectSentence(await caper(folder, "run", put("x.wasm", library)), "input", "exports no function _start");
    expectSentence(await caper(folder, "run", put("y.wasm", stranger)), "input", "launch_missiles");
    expectSentence(await caper(folder, "run", put("z.ts", "let a: = 1")), "input", "z.ts: line 1");
    expectSentence(await caper(folder, "run", put("u.js", new Uint8Array([0xff, 0xfe]))), "input", "is not UTF-8");
    expectSentence(await caper(folder, "run", fib, "--gas", "much"), "usage", "--gas: expected a whole number");
    expectSentence(await caper(folder, "run", fib, "--memory", "9G"), "usage", "--memory: expected bytes");
    expectSentence(await caper(folder, "run", fib, "--dir", "="), "usage", "--dir: expected guest=host");
    expectSentence(await caper(folder, "run", fib, "--env", "=x"), "usage", "--env: expected NAME");
    expectSentence(
      await caper(folder, "run", fib, "--freeze-after", "20G"),
      "usage",
      "--freeze-after: is more than --gas",
    );
    expectSentence(await caper(folder, "run", fib, "--what"), "usage", "unknown option '--what'");
    expectSentence(await caper(folder, "run"), "usage", "missing required argument 'program'\nTry caper run --help.");
    expectSentence(await caper(folder, "walk"), "usage", "unknown command 'walk'");
    expectSentence(await caper(folder, "run", "x.caper"), "usage", "caper thaw x.caper");
    for (const option of ["--report", "--freeze-to"]) {
      for (const [file, reason] of [
        ["no/where", "no such file or folder"],
        [".", "it is a folder"],
      ] as const) {
        const refused = await caper(folder, "run", fib, "8", option, file);
        expectSentence(refused, "file", `${file}: cannot be written: ${reason}`);
        expect(refused.stdout).toBe("");
      }
    }
    expect(readdirSync(folder).filter((file) => file.includes("tmp"))).toEqual([]);
  });

  it("refuses a module that is cut off or damaged, wherever that is", async () => {
    const whole = readFileSync(join(programs, "fib.wasm"));
    for (const length of [4, 7, 8, 20, 200, 2000, whole.length - 1]) {
      expectSentence(await caper(folder, "run", put("cut.wasm", whole.subarray(0, length))), "input", "cut.wasm: ");
    }
  });
});

describe("caper thaw", () => {
  const run = (...args: readonly string[]): Promise<Outcome> =>
    caper(folder, "run", join(programs, "sieve.wasm"), "30000", ...args);

  it("goes on where run froze, to the same end as the uninterrupted run", async () => {
    const whole = await run("--report", "whole.json");
    const frozen = await run("--freeze-after", "500k", "--freeze-to", "x.caper", "--report", "frozen.json");
    expectSentence(frozen, "frozen", "go on with: caper thaw x.caper");
    expect(report("frozen.json")).toMatchObject({ status: "frozen", imageFile: "x.caper" });
    const again = await caper(folder, "thaw", "x.caper", "--freeze-after", "100k", "--report", "again.json");
    expectSentence(again, "frozen", "go on with: caper thaw x.caper");
    const end = await caper(folder, "thaw", "x.caper", "--report", "end.json");
    expect(frozen.stdout + again.stdout + end.stdout).toBe(whole.stdout);
    const { gasUsed, imageRoot, status, exitCode, memoryBytes } = report("whole.json");
    expect(report("end.json")).toMatchObject({ gasUsed, imageRoot, status, exitCode, memoryBytes });
  });

  it("refills what ran out", async () => {
    expectSentence(await run("--gas", "500k", "--freeze-to", "x.caper"), "out-of-gas", "kept in x.caper");
    expectSentence(await caper(folder, "thaw", "x.caper"), "out-of-gas", "out of gas");
    expect((await caper(folder, "thaw", "x.caper", "--gas", "1G")).stdout).toMatch(/^sieve 30000 /);
  });

  it("gives more memory to what ran out of it", async () => {
    put("b.wasm", greedy);
    const frozen = await caper(folder, "run", "b.wasm", "--memory", "1M", "--freeze-to", "x.caper");
    expectSentence(frozen, "out-of-memory", "kept in x.caper");
    const end = await caper(folder, "thaw", "x.caper", "--memory", "1M", "--report", "end.json");
    expectSentence(end, "out-of-memory", "it wants 2.06 MiB in all");
    expect(report("end.json").memoryBytes).toBe(17 * 65536);
  });

  it("grants of what an image says that it has left no more than run would, and tells", async () => {
    await run("--freeze-after", "500k", "--freeze-to", "x.caper");
    const state = decodeImage(bytesToImage(readFileSync(join(folder, "x.caper"))));
    const [process] = state.processes;
    if (process === undefined) throw new TypeError("no process");
    const meter = { ...process.meter, gasGranted: 9e15, pagesMax: 65_536 };
    put("claim.caper", imageToBytes(encodeImage({ ...state, processes: [{ ...process, meter }] })));
    const thaw = ["thaw", "claim.caper", "--gas", "1M", "--memory", "64k", "--report", "r.json"];
    const { stdout, stderr } = await caper(folder, ...thaw);
    expect(stdout).toMatch(/^sieve 30000 /);
    expect(stderr).toContain("9000T gas left, of which 10G count");
    expect(stderr).toContain("4 GiB memory, of which 256 MiB count");
    const { gasGranted, memoryBytesMax } = report("r.json");
    expect(gasGranted - process.meter.gasUsed).toBe(10_001_000_000);
    expect(memoryBytesMax).toBe((256 << 20) + 65_536);
  });

  it("thaws a script in the middle of a computation", async () => {
    put("s.js", "let s = 0; for (let i = 0; i < 20000; i++) s = (s * 31 + i) | 0; console.log(s);");
    const whole = await caper(folder, "run", "s.js", "--report", "whole.json");
    const frozen = await caper(folder, "run", "s.js", "--freeze-after", "2M", "--freeze-to", "x.caper");
    expectSentence(frozen, "frozen", "go on with: caper thaw x.caper");
    const end = await caper(folder, "thaw", "x.caper", "--report", "end.json");
    expect(end).toEqual(whole);
    const { gasUsed, imageRoot } = report("whole.json");
    expect(report("end.json")).toMatchObject({ gasUsed, imageRoot });
  });

  it("thaws a script from a few KB, or from a file that stands alone; one of another version is refused with what is missing", async () => {
    put("s.js", "let s = 0; for (let i = 0; i < 20000; i++) s = (s * 31 + i) | 0; console.log(s);");
    const args = ["run", "s.js", "--freeze-after", "2M", "--freeze-to"];
    await caper(folder, ...args, "small.caper");
    await caper(folder, ...args, "whole.caper", "--whole");
    const [small, whole] = ["small.caper", "whole.caper"].map((name) => readFileSync(join(folder, name)));
    expect(small?.length).toBeLessThan(60_000);
    expect(whole?.length).toBeGreaterThan(600_000);
    const inspect = async (name: string) =>
      JSON.parse((await caper(folder, "inspect", name, "--json")).stdout) as { root: string; base: string | null };
    const { root, base } = await inspect("small.caper");
    expect(base).toMatch(/^bafy/);
    expect(await inspect("whole.caper")).toMatchObject({ root, base: null });
    const end = await caper(folder, "thaw", "small.caper");
    expect(end).toMatchObject({ code: 0, stderr: "" });
    expect(await caper(folder, "thaw", "whole.caper")).toEqual(end);

    const image = bytesToImage(whole as Buffer);
    const other = encodeImage({ ...decodeImage(image), gasSchedule: 999 });
    const foreign = imageToBytes(diffImages(makeBase(other), image));
    const refused = await caper(folder, "thaw", put("foreign.caper", foreign));
    expectSentence(
      refused,
      "input",
      `holds only what differs from the image ${other.root}, and scripts of this version`,
    );
    expect(refused.stderr).toContain(`begin as ${base}; thaw it with the version that wrote it`);
  });

  it("goes on reading its input after it was frozen while it waited for it", async () => {
    put("cat.caper", "");
    const running = startCaper(folder, ["run", join(projectRoot, "test/cli/cat.wasm"), "--freeze-to", "cat.caper"]);
    running.child.stdin?.write("first line\n");
    await says(running, "first line\n");
    running.child.kill("SIGTERM");
    expect((await running.ended).code).toBe(EXIT_CODES.frozen);
    const end = await startCaper(folder, ["thaw", "cat.caper"], { input: "second line\n" }).ended;
    expect(end).toEqual({ code: 0, stdout: "second line\n", stderr: "" });
  });

  it("refuses what is no image, an image cut off anywhere, and one with a flipped bit", async () => {
    await run("--freeze-after", "500k", "--freeze-to", "x.caper");
    const whole = readFileSync(join(folder, "x.caper"));
    expectSentence(
      await caper(folder, "thaw", join(programs, "fib.wasm")),
      "input",
      "archive: does not begin as an image",
    );
    expectSentence(await caper(folder, "inspect", put("empty.caper", "")), "input", "empty.caper: ");
    expectSentence(await caper(folder, "thaw", "absent.caper"), "file", "no such file");
    for (const share of [0.01, 0.3, 0.999]) {
      const cut = whole.subarray(0, Math.floor(whole.length * share));
      expectSentence(await caper(folder, "thaw", put("cut.caper", cut)), "input", "cut.caper: ");
      const flipped = Buffer.from(whole);
      const position = Math.floor(whole.length * share);
      flipped[position] = flipped[position]! ^ 4;
      expectSentence(await caper(folder, "thaw", put("flip.caper", flipped)), "input", "flip.caper: ");
    }
  });
});

describe("caper freeze", () => {
  it("freezes a running process from outside, which then goes on as if nothing had been", async () => {
    // It computes until the environment says otherwise, which only the thaw's does: so it runs still when the freeze comes.
    const source = `
      const turns = (sum, from, to) => { for (let i = from; i < to; i++) sum = (sum * 31 + i) | 0; return sum; };
      let [sum, count] = [0, 0];
      do {
        sum = turns(sum, count, count + 200_000);
        if (count === 0) console.log("begun");
        count += 200_000;
      } while (caper.power("environment").get("ENOUGH") !== "yes");
      console.log([count, sum].join());`;
    const running = startCaper(folder, ["run", put("loop.js", source), "--gas", "1T", "--env", "ENOUGH=no"]);
    onTestFinished(() => void running.child.kill("SIGKILL"));
    const { pid } = running.child;
    await says(running, "begun\n");
    expect(readdirSync(join(folder, "caper"))).toEqual([`${pid}.sock`]);
    for (const file of ["no/where.caper", "."]) {
      const failed = await caper(folder, "freeze", String(pid), "--to", file);
      expectSentence(failed, "file", "cannot be written");
      expect(failed.stderr).toContain("it goes on");
    }
    const frozen = await caper(folder, "freeze", String(pid), "--to", "out.caper");
    expect(frozen).toMatchObject({ code: 0, stderr: "" });
    expect(frozen.stdout).toMatch(/^.*out\.caper: .* root bafy/);
    expect(await running.ended).toMatchObject({ code: EXIT_CODES.frozen, stdout: "begun\n" });
    const inspected = await caper(folder, "inspect", "out.caper", "--json");
    const { processes, root } = JSON.parse(inspected.stdout) as { processes: { guest: string }[]; root: string };
    expect(processes.map((process) => process.guest)).toEqual(["javascript"]);
    expect(frozen.stdout).toContain(root);
    const end = await caper(folder, "thaw", "out.caper", "--env", "ENOUGH=yes");
    expect(end.stderr).toMatch(
      /^caper: out\.caper: by its own account it has [\d.]+[GT] gas left, of which 10G count .*\n$/,
    );
    expect(end.code).toBe(0);
    const [count, sum] = end.stdout.split(",").map(Number) as [number, number];
    expect(count).toBeGreaterThan(0);
    let expected = 0;
    for (let i = 0; i < count; i++) expected = (expected * 31 + i) | 0;
    expect(sum).toBe(expected);
  });

  it("says when nothing of that number is running", async () => {
    expectSentence(await caper(folder, "freeze"), "usage", "no `caper run` or `caper thaw` is running");
    expectSentence(await caper(folder, "freeze", "99999999"), "file", "no running");
    expectSentence(await caper(folder, "freeze", "me"), "usage", "expected a process id");
  });
});

describe("caper inspect", () => {
  it("names the functions on the stack", async () => {
    await caper(folder, "run", join(programs, "sort.wasm"), "3000", "--freeze-after", "1M", "--freeze-to", "x.caper");
    const { stdout } = await caper(folder, "inspect", "x.caper");
    expect(stdout).toMatch(/stack {6}#0 \w+, safepoint/);
    expect(stdout).toContain(" main, safepoint");
    expect(stdout).toContain("process 0: wasi");
  });
});

describe("caper", () => {
  it("prints its help and version", async () => {
    expect((await caper(folder, "--version")).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    for (const command of ["run", "freeze", "thaw", "inspect"]) {
      const { code, stdout } = await caper(folder, command, "--help");
      expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining(`caper ${command}`) });
      expect(stdout).not.toContain("[]");
    }
  });
});
