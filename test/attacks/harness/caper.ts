/**
 * The half of a case that runs in Caper: the same packages, imported with the endowments of the case, used in the same way. The scripts
 * that npm would have run are imported as well, on purpose, with the same endowments: whoever runs them by mistake must lose nothing.
 *
 * @module
 */
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Keeper } from "../../../src/kernel/index.ts";
import {
  type LibraryBundle,
  LibraryError,
  type LibraryImporter,
  libraryOf,
  makeLibraryImporter,
} from "../../../src/library/index.ts";
import { defineJavaScript, makeNodeKernel, makeNodePackageSource } from "../../../src/node/index.ts";
import { type AuditEntry, type AuditLog, makeAuditLog, makeManualClock } from "../../../src/powers/index.ts";
import type { AttackCase, Lookalike } from "./case.ts";
import { gather, ROOTS, snapshot } from "./facts.ts";
import { makePowers, packageFolder, type World } from "./powers.ts";
import { differences, fingerprint, installWallet } from "./realm.ts";
import { makeSandbox, type Sandbox } from "./sandbox.ts";
import { serveHonest, serveSink } from "./sink.ts";

const GAS = 2_000_000_000;
/** A library that never ends is given this much. */
const ENDLESS_GAS = 100_000_000;
const MEMORY_BYTES: number = 256 << 20;
const MS = 1_000_000n;
/** Longer, by the made-up clock, than anything in a look-alike waits. */
const LATER_MS = 200;

export interface CaperRun {
  readonly atImport: ReadonlySet<string>;
  readonly atEnd: ReadonlySet<string>;
  readonly denials: readonly AuditEntry[];
  /** What two whole runs used. */
  readonly wholeGas: readonly [number, number];
  /** Half of the gas that loading takes, and at how much two imports with that budget were stopped. */
  readonly halfBudget: number;
  readonly stoppedAt: readonly [number, number];
  /** Turns that the host's own event loop had while the library ran. */
  readonly hostTurns: number;
  readonly log: readonly string[];
}

interface Bundles {
  readonly main: LibraryBundle;
  readonly scripts: readonly LibraryBundle[];
  readonly siblings: { readonly [name: string]: LibraryBundle };
}

interface Attempt {
  readonly loadGas: number;
  readonly gas: number;
  readonly atImport: readonly string[];
  readonly atEnd: readonly string[];
  readonly hostTurns: number;
  readonly log: readonly string[];
}

async function bundleAll(one: AttackCase, variant: "package" | "twin", sandbox: Sandbox): Promise<Bundles> {
  const source = makeNodePackageSource({
    folder: sandbox.folder,
    bundles: null,
    offline: true,
    cache: join(sandbox.folder, "npm-cache"),
  });
  const folder = packageFolder(sandbox, variant);
  const siblings: { [name: string]: LibraryBundle } = {};
  for (const name of one.siblings ?? [])
    siblings[`lookalike-${name}`] = await source.bundle(packageFolder(sandbox, name));
  const scripts = variant === "package" ? one.scripts : [];
  return {
    main: await source.bundle(folder),
    scripts: await Promise.all(scripts.map((script) => source.bundle(join(folder, script)))),
    siblings,
  };
}

/** An importer with a kernel of its own. */
class Host implements Disposable {
  readonly #kernel: ReturnType<typeof makeNodeKernel>;
  readonly #importer: LibraryImporter;
  readonly #libraries: Lookalike[] = [];
  /** What a library had used when it was stopped while it was loaded. */
  stoppedAt = 0;

  constructor(audit: AuditLog) {
    // Slices of a fixed size: with the real clock, answers would come between other turns in each run.
    this.#kernel = makeNodeKernel({ now: () => 0 });
    defineJavaScript(this.#kernel);
    this.#importer = makeLibraryImporter({
      kernel: this.#kernel,
      packages: { bundle: () => Promise.reject(new Error("only what is bundled already")) },
      audit,
    });
  }

  async import(bundle: LibraryBundle, gas: number, powers: { readonly [name: string]: unknown }): Promise<Lookalike> {
    const keeper: Keeper = (_stop, process) => {
      this.stoppedAt = process.meter.gasUsed;
      return { action: "leave" };
    };
    const library = await this.#importer.importBundle(bundle, { gas, memoryBytes: MEMORY_BYTES, powers, keeper });
    this.#libraries.push(library);
    return library;
  }

  get gasUsed(): number {
    return this.#libraries.reduce((sum, library) => sum + libraryOf(library).meter.gasUsed, this.stoppedAt);
  }

  [Symbol.dispose](): void {
    this.#kernel.close();
  }
}

/** Turns of the event loop without any gas used, after which nothing is under way any more. */
const QUIET_TURNS = 25;

/** Waits until what was sent back and forth has come to rest: then what comes next finds the same state in every run. */
async function settle(host: Host): Promise<void> {
  for (let quiet = 0, gas = host.gasUsed; quiet < QUIET_TURNS; quiet++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (host.gasUsed !== gas) quiet = 0;
    gas = host.gasUsed;
  }
}

interface AttemptInit {
  readonly one: AttackCase;
  readonly bundles: Bundles;
  readonly world: World;
  readonly gas: number;
  readonly audit: AuditLog;
  facts(): readonly string[];
}

/** Lets what waits for a moment come to it, in steps of a millisecond that are always the same. */
async function passTime({ clock }: World, host: Host): Promise<void> {
  for (let ms = 0; ms < LATER_MS; ms++) {
    clock.advance(MS);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await settle(host);
}

/** The result, while the made-up clock goes on. */
async function whileTimePasses<T>(world: World, work: Promise<T>): Promise<T> {
  const state = { isOver: false };
  const done = work.finally(() => {
    state.isOver = true;
  });
  done.catch(() => undefined);
  while (!state.isOver) {
    world.clock.advance(MS);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return done;
}

/** Imports and uses once; a budget that runs out is an end like another. */
async function attempt({ one, bundles, world, gas, audit, facts }: AttemptInit): Promise<Attempt> {
  using host = new Host(audit);
  const log: string[] = [];
  let hostTurns = 0;
  const turns = setInterval(() => hostTurns++, 0);
  installWallet();
  using others = new Host(makeAuditLog());
  const siblings: { [name: string]: Lookalike } = {};
  for (const [name, bundle] of Object.entries(bundles.siblings)) siblings[name] = await others.import(bundle, GAS, {});
  const before = fingerprint(siblings);
  using powers = makePowers(one.endowments, world);
  const note = (what: string) => (error: unknown) =>
    void log.push(`${what}: ${error instanceof LibraryError ? error.code : ""} ${error}`);
  const library: Lookalike = await host.import(bundles.main, gas, powers).catch(note("import"));
  const loadGas = host.gasUsed;
  await settle(host);
  for (const script of bundles.scripts) {
    const module: Lookalike = await host.import(script, gas, powers).catch(note("script"));
    await settle(host);
    await whileTimePasses(world, Promise.resolve(module?.default)).catch(note("script"));
    await settle(host);
  }
  await passTime(world, host);
  const atImport = [...facts(), ...differences(before, fingerprint(siblings))];
  let isExpected = false;
  if (library !== undefined) {
    const used = (async () => one.use(library, { honest: world.honest, siblings }))();
    const result = await whileTimePasses(world, used).catch(note("use"));
    isExpected = isDeepStrictEqual(result, one.expected);
    if (!isExpected) log.push(`result: ${JSON.stringify(result)}`);
    await passTime(world, host);
  }
  clearInterval(turns);
  const isFlooded = world.lines.length > (one.endowments.consoleLines ?? 0);
  const atEnd = [
    ...atImport,
    ...facts(),
    ...differences(before, fingerprint(siblings)),
    ...(isExpected ? [] : ["result"]),
    ...(isFlooded ? ["flood"] : []),
  ];
  return { loadGas, gas: host.gasUsed, atImport, atEnd, hostTurns, log };
}

/** At how much gas an import with this budget is stopped. */
async function stopAt({ one, bundles, world, gas }: Omit<AttemptInit, "facts" | "audit">): Promise<number> {
  using host = new Host(makeAuditLog());
  using powers = makePowers(one.endowments, world);
  const end = await host.import(bundles.main, gas, powers).catch((error: unknown) => error);
  if (!(end instanceof LibraryError && end.code === "load-budget")) throw new Error(`expected load-budget, got ${end}`);
  return host.stoppedAt;
}

/** One case in its sandbox, to be run several times: nothing of it changes, or it is seen. */
async function withCase<T>(
  one: AttackCase,
  variant: "package" | "twin",
  work: (init: Omit<AttemptInit, "world" | "audit">, world: () => World) => Promise<T>,
): Promise<T> {
  await using sink = await serveSink();
  await using honest = await serveHonest();
  using sandbox = makeSandbox(one, variant, sink.url);
  const bundles = await bundleAll(one, variant, sandbox);
  const roots = [...ROOTS, "packages"];
  const pristine = snapshot(sandbox, roots);
  const facts = (): readonly string[] => [...gather(sandbox, pristine, roots, sink)];
  const gas = one.isEndless && variant === "package" ? ENDLESS_GAS : GAS;
  const world = (): World => ({ sandbox, honest: honest.url, clock: makeManualClock(), lines: [] });
  return await work({ one, bundles, gas, facts }, world);
}

export function runCaper(one: AttackCase): Promise<CaperRun> {
  return withCase(one, "package", async (init, world) => {
    const audit = makeAuditLog({ clock: makeManualClock() });
    const first = await attempt({ ...init, world: world(), audit });
    // With a log of its own: to be denied something costs the guest gas as well.
    const second = await attempt({ ...init, world: world(), audit: makeAuditLog() });
    const halfBudget = Math.floor(first.loadGas / 2);
    const stop = (): Promise<number> => stopAt({ ...init, world: world(), gas: halfBudget });
    return {
      atImport: new Set(first.atImport),
      atEnd: new Set(first.atEnd),
      denials: audit.entries().filter(({ decision }) => decision === "denied"),
      wholeGas: [first.gas, second.gas],
      halfBudget,
      stoppedAt: [await stop(), await stop()],
      hostTurns: first.hostTurns,
      log: first.log,
    };
  });
}

/** What is wrong with the benign twin: nothing, if the endowments suffice for its honest work. */
export function runTwin(one: AttackCase): Promise<readonly string[]> {
  return withCase(one, "twin", async (init, world) => {
    const { atEnd, log } = await attempt({ ...init, world: world(), audit: makeAuditLog() });
    return atEnd.map((fact) => `twin in Caper: ${fact}: ${log.join("; ")}`);
  });
}
