/**
 * Runs the OCapN test suite, a Python program, from a checkout of it. Its branch `remove-op-deliver-only` follows the drafts in all but two
 * names, which are read as the drafts have them.
 *
 * @module
 */
import { execFileSync, spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** Runs the suite where it stands, with its names for two messages put right if it still has the old ones. */
const PYTHON_PROGRAM = `
import runpy, sys
sys.path.insert(0, ".")
from contrib import syrup
make_symbol = syrup.Symbol.__init__
names = {"op:gc-export": "op:gc-exports", "op:gc-answer": "op:gc-answers"}
syrup.Symbol.__init__ = lambda self, name: make_symbol(self, names.get(name, name))
runpy.run_path("test_runner.py", run_name="__main__")
`;
/** The system's own is often the one that has the libraries. */
const PYTHONS = ["python3", "/usr/bin/python3"];
const PEER = new URL("./suite-peer.ts", import.meta.url).pathname;

export interface SuiteResult {
  readonly passed: number;
  readonly total: number;
  readonly output: string;
}

function findPython(): string {
  const found = PYTHONS.find((python) => {
    try {
      execFileSync(python, ["-c", "import cryptography, stem"], { stdio: "ignore" });
      return true;
    } catch {
      return false;
    }
  });
  if (found !== undefined) return found;
  throw new Error(
    "the suite needs Python 3.10 with cryptography and stem: apt-get install python3-cryptography python3-stem",
  );
}

/** Against the peer of that locator, which runs already. */
export async function runSuite(checkout: string, locator: string): Promise<SuiteResult> {
  const python = spawn(findPython(), ["-c", PYTHON_PROGRAM, locator, "--verbose"], {
    cwd: checkout,
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [python.stdout, python.stderr]) stream.on("data", (text) => (output += text));
  await new Promise((resolve, reject) => python.once("close", resolve).once("error", reject));
  const total = Number(/^Ran (\d+) tests? in/m.exec(output)?.[1] ?? 0);
  const notPassed = [...(/^(?:OK|FAILED) \((.*)\)$/m.exec(output)?.[1] ?? "").matchAll(/=(\d+)/g)];
  return { passed: total - notPassed.reduce((sum, [, count]) => sum + Number(count), 0), total, output };
}

export interface SuitePeer {
  readonly locator: string;
  stop(): Promise<void>;
}

/** Our peer with the suite's objects, in a process of its own. */
export async function startSuitePeer(): Promise<SuitePeer> {
  const peer = spawn(process.execPath, ["--expose-gc", PEER], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<void>((resolve) => peer.once("exit", () => resolve()));
  const lines = createInterface({ input: peer.stdout });
  const locator = await new Promise<string>((resolve, reject) => {
    lines.once("line", resolve);
    void ended.then(() => reject(new Error("the suite's peer ended before it told where it is")));
  });
  return {
    locator,
    async stop() {
      peer.kill();
      await ended;
    },
  };
}
