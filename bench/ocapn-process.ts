/**
 * One side of a measured system in a process of its own, or both, since some of them change JavaScript's built-ins. `serve` tells its
 * parent the address; `drive` connects to it, and then measures what the parent asks for, when it asks; `both` is the two in one.
 *
 * @module
 */
import { threadMs } from "./measure.ts";
import { type Client, isMissing, SYSTEMS, type System } from "./ocapn-system.ts";

export const IN_FLIGHT = 10_000;
export const CHAIN_DEPTH = 10;
/** What is done one after another goes on until then. */
const PATIENCE_MS = 400;
const TEXT = "payload ".repeat(1 << 17);
const BYTES = new TextEncoder().encode(TEXT);

export type MeasureName = "sequential" | "inFlight" | "chain" | "text" | "bytes" | "connect";

export interface Measured {
  /** Calls, chains, round trips or connections. */
  readonly count: number;
  readonly wallMs: number;
  /** Processor time of the calling thread. */
  readonly threadMs: number;
}

export type Answer = { readonly ready: string } | { readonly missing: string } | Measured | { readonly error: string };

interface Driven {
  readonly system: System;
  readonly address: string;
  readonly client: Client;
}

function expectEqual(got: unknown, expected: unknown): void {
  if (got !== expected) throw new Error(`expected ${expected}, got ${got}`);
}

/** How often `once` can be done, one after another, within the time. */
async function repeat(once: (n: number) => PromiseLike<void>): Promise<number> {
  const end = performance.now() + PATIENCE_MS;
  let count = 0;
  while (performance.now() < end) await once(count++);
  return count;
}

/** Each answers how often it did what it measures. */
const MEASURES: { readonly [name in MeasureName]: (driven: Driven) => Promise<number> } = {
  sequential: ({ client }) => repeat(async (n) => expectEqual(await client.increment(n), n + 1)),
  async inFlight({ client }) {
    const answers = await Promise.all(Array.from({ length: IN_FLIGHT }, (_, n) => client.increment(n)));
    for (const [n, answer] of answers.entries()) expectEqual(answer, n + 1);
    return IN_FLIGHT;
  },
  chain: ({ client }) => repeat(async () => expectEqual(await client.chain(CHAIN_DEPTH), CHAIN_DEPTH - 1)),
  text: ({ client }) => repeat(async () => expectEqual((await client.echo(TEXT)).length, TEXT.length)),
  async bytes({ client, system }) {
    if (!system.takesBytes) return 0;
    return await repeat(async () => expectEqual((await client.echo(BYTES)).length, BYTES.length));
  },
  connect: ({ system, address }: Driven) =>
    repeat(async () => {
      const client = await system.connect(address);
      expectEqual(await client.increment(1), 2);
      await client.close();
    }),
};

async function measure(name: MeasureName, driven: Driven): Promise<Measured> {
  const [start, startThread] = [performance.now(), threadMs()];
  const count = await MEASURES[name](driven);
  return { count, wallMs: performance.now() - start, threadMs: threadMs() - startThread };
}

export type Role = "serve" | "drive" | "both";

function tell(answer: Answer): void {
  process.send!(answer);
}

async function connect(system: System, address: string): Promise<Driven> {
  return { system, address, client: await system.connect(address) };
}

async function run(role: Role, key: string, address: string): Promise<void> {
  const system = await SYSTEMS[key]!();
  if (isMissing(system)) {
    tell({ missing: system.missing });
    return;
  }
  if (role === "serve") {
    tell({ ready: await system.serve() });
    return;
  }
  const driven = await connect(system, role === "both" ? await system.serve() : address);
  process.on("message", (name: MeasureName) => {
    measure(name, driven).then(tell, (error: Error) => tell({ error: error.message }));
  });
  tell({ ready: system.name });
}

if (process.argv[1] === import.meta.filename) {
  process.on("disconnect", () => process.exit());
  const [role, key = "", address = ""] = process.argv.slice(2);
  await run(role as Role, key, address);
}
