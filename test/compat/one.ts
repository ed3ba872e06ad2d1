/**
 * One package of the table, in a process of its own: its example in plain Node and in Caper, compared. Prints the outcome as JSON on
 * its last line. Arguments: the package's name, and `--quick` to leave the measurements out.
 *
 * @module
 */
import { isDeepStrictEqual } from "node:util";
import { openCaper } from "./caper.ts";
import { compare } from "./compare.ts";
import type { Example, Library } from "./example.ts";
import { type IsolatedOutcome, measureIsolated } from "./isolated.ts";
import { measure } from "./measure.ts";
import { importInNode, readExample } from "./project.ts";

export interface Outcome {
  readonly name: string;
  readonly isSame: boolean;
  /** Why not. */
  readonly reason?: string;
  readonly nodeLoadMs: number;
  readonly firstLoadMs?: number;
  readonly cachedLoadMs?: number;
  readonly nodeCallMicros?: number;
  readonly caperCallMicros?: number;
  readonly isolated?: IsolatedOutcome;
  readonly loadGas?: number;
  readonly bundleBytes?: number;
}

async function timed<T>(work: () => Promise<T>): Promise<{ readonly value: T; readonly ms: number }> {
  const start = performance.now();
  const value = await work();
  return { value, ms: performance.now() - start };
}

/** The same example twice in plain Node must agree with itself, else it says nothing. */
async function expectedOf(example: Example, library: Library): Promise<unknown> {
  const first = structuredClone(await example.example(library));
  const second = structuredClone(await example.example(library));
  if (!isDeepStrictEqual(first, second)) throw new Error("the example gives two results in plain Node");
  return first;
}

function explain(error: unknown): string {
  const { name, message } = error instanceof Error ? error : { name: "thrown", message: String(error) };
  return `${name}: ${message}`.split("\n")[0]!.slice(0, 300);
}

async function run(name: string, isQuick: boolean): Promise<Outcome> {
  const example = await readExample(name);
  const node = await timed(() => importInNode(name, example));
  const expected = await expectedOf(example, node.value);
  const base = { name, nodeLoadMs: node.ms };
  const caper = await openCaper();
  try {
    const first = await timed(() => caper.import(name, example));
    const loaded = { ...base, firstLoadMs: first.ms, ...first.value.facts };
    const got = await Promise.resolve(example.example(first.value.library))
      .then((value) => compare(expected, value))
      .catch((error: unknown) => `throws ${explain(caper.faults[0] ?? error)}`);
    if (isQuick) return { ...loaded, isSame: got === undefined, ...(got === undefined ? {} : { reason: got }) };
    const cached = await timed(() => caper.importAgain(name, example));
    const calls = {
      nodeCallMicros: await measure(() => example.call(node.value)),
      caperCallMicros: await measure(() => example.call(cached.value.library)),
    };
    const isolated = await measureIsolated(name, example);
    const all = { ...loaded, cachedLoadMs: cached.ms, ...calls, ...(isolated === undefined ? {} : { isolated }) };
    return { ...all, isSame: got === undefined, ...(got === undefined ? {} : { reason: got }) };
  } catch (error) {
    return { ...base, isSame: false, reason: explain(caper.faults[0] ?? error) };
  } finally {
    caper.close();
  }
}

const outcome = await run(process.argv[2]!, process.argv.includes("--quick"));
process.stdout.write(`\n${JSON.stringify(outcome)}\n`);
// Timers of a package may keep a process alive.
process.exit(0);
