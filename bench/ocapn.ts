/**
 * Calls to objects of another process on this machine: Caper's OCapN over its netlayers, beside Cap'n Web, @endo/captp, and Endo's OCapN
 * where a checkout of it is named. One round measures every system once.
 *
 * @module
 */
import { fork } from "node:child_process";
import { median } from "./measure.ts";
import { type Answer, CHAIN_DEPTH, IN_FLIGHT, type Measured, type MeasureName, type Role } from "./ocapn-process.ts";
import { SYSTEMS } from "./ocapn-system.ts";
import type { Cell, Report } from "./report.ts";

const PROCESS = new URL("./ocapn-process.ts", import.meta.url).pathname;
const WARMUPS = 2;
/** Before the first row: V8 still compiles then, and calls one after another became half as fast again from round to round. */
const FIRST_WARMUPS = 6;
/** Of the rounds of other benches; each of these takes seconds. */
const ROUNDS_SHARE = 1 / 3;
/** A system that takes longer than this for one measurement is not asked again for it. */
const SLOW_MS = 5_000;

/**
 * Where the two ends are, and so what is measured: in two processes the time that passes, which is what users wait; in one thread the
 * processor time that both ends take, which other work on the machine touches less.
 */
type Place = "apart" | "together";
const PLACES: readonly { readonly place: Place; readonly words: string; readonly ms: "wallMs" | "threadMs" }[] = [
  { place: "apart", words: "", ms: "wallMs" },
  { place: "together", words: "- processor time of both ends", ms: "threadMs" },
];

interface Row {
  readonly measure: MeasureName;
  readonly title: string;
  /** Of a rate per second. */
  readonly show: (perSecond: number) => string;
}

const rate = (perSecond: number) => `${(perSecond / 1000).toFixed(1)}k/s`;
const time = (perSecond: number) => `${(1000 / perSecond).toFixed(2)} ms`;
const ROWS: readonly Row[] = [
  { measure: "sequential", title: "calls one after another", show: rate },
  { measure: "inFlight", title: `${IN_FLIGHT} calls in flight`, show: rate },
  { measure: "chain", title: `a chain of ${CHAIN_DEPTH} pipelined calls`, show: time },
  { measure: "text", title: "1 MB of text, there and back", show: time },
  { measure: "bytes", title: "1 MB of bytes, there and back", show: time },
  { measure: "connect", title: "connect, to the first answer", show: time },
];

interface Driver {
  readonly name: string;
  measure(name: MeasureName, place: Place): Promise<Measured>;
  stop(): void;
}

interface Child {
  /** What it has to tell next. */
  next(): Promise<Answer>;
  ask(name: MeasureName): Promise<Measured>;
  stop(): void;
}

function start(role: Role, key: string, address = ""): Child {
  // What it prints would be taken for the report.
  const child = fork(PROCESS, [role, key, address], { stdio: ["ignore", 2, 2, "ipc"], execArgv: [] });
  let settle: PromiseWithResolvers<Answer> = Promise.withResolvers();
  child.on("message", (answer: Answer) => settle.resolve(answer));
  child.on("exit", (code) => settle.resolve({ error: `a process of ${key} ended with code ${code}` }));
  const next = async (): Promise<Answer> => {
    const answer = await settle.promise;
    if ("error" in answer) throw new Error(`bench ocapn: ${answer.error}`);
    return answer;
  };
  return {
    next,
    async ask(name) {
      settle = Promise.withResolvers();
      child.send(name);
      return (await next()) as Measured;
    },
    stop: () => void child.kill(),
  };
}

/** Three processes of the system, or undefined with a word to the user where it cannot run. */
async function startDriver(key: string): Promise<Driver | undefined> {
  const server = start("serve", key);
  const address = await server.next();
  if (!("ready" in address)) {
    if ("missing" in address) console.error(`bench ocapn: without ${key}: ${address.missing}`);
    server.stop();
    return undefined;
  }
  const apart = start("drive", key, address.ready);
  const together = start("both", key);
  const ready = await apart.next();
  await together.next();
  return {
    name: "ready" in ready ? ready.ready : key,
    measure: (name, place) => (place === "apart" ? apart : together).ask(name),
    stop() {
      for (const child of [server, apart, together]) child.stop();
    },
  };
}

/** For each driver what its rounds measured. */
async function runRounds(
  drivers: readonly Driver[],
  [measure, place]: [MeasureName, Place],
  rounds: number,
): Promise<Measured[][]> {
  const results = drivers.map((): Measured[] => []);
  const warmups = measure === ROWS[0]?.measure ? FIRST_WARMUPS : WARMUPS;
  for (let round = -warmups; round < rounds; round++) {
    for (const [index, driver] of drivers.entries()) {
      const measured = results[index]!;
      if (measured.some(({ wallMs }) => wallMs > SLOW_MS)) continue;
      const one = await driver.measure(measure, place);
      if (round >= 0 || one.wallMs > SLOW_MS) measured.push(one);
    }
  }
  return results;
}

type Ms = (typeof PLACES)[number]["ms"];

function medianRate(measured: readonly Measured[], ms: Ms): number {
  return median(measured.map((one) => (one.count * 1000) / one[ms]));
}

function cellsOf(row: Row, results: readonly Measured[][], ms: Ms): Cell[] {
  const rates = results.map((measured) => medianRate(measured, ms));
  return rates.map((mine) => (mine > 0 ? `${row.show(mine)} (${(mine / rates[0]!).toFixed(2)})` : "-"));
}

interface Details {
  [measure: string]: { readonly [system: string]: readonly Measured[] };
}

const ASKED = ["Caper, TCP", "Caper, libp2p"];

function measuredOf(details: Details, name: string): string {
  const rates = (["sequential", "inFlight"] as const).map((measure) =>
    rate(medianRate(details[`${measure} together`]?.[name] ?? [], "threadMs")),
  );
  return `${rates.join(" and ")} (${name})`;
}

export async function benchOcapn(allRounds: number): Promise<Report> {
  const rounds = Math.ceil(allRounds * ROUNDS_SHARE);
  const drivers: Driver[] = [];
  const rows: Cell[][] = [];
  const details: Details = {};
  try {
    for (const key of Object.keys(SYSTEMS)) {
      const driver = await startDriver(key);
      if (driver !== undefined) drivers.push(driver);
    }
    for (const row of ROWS) {
      for (const { place, words, ms } of PLACES) {
        const results = await runRounds(drivers, [row.measure, place], rounds);
        rows.push([place === "apart" ? row.title : words, ...cellsOf(row, results, ms)]);
        details[`${row.measure} ${place}`] = Object.fromEntries(drivers.map(({ name }, at) => [name, results[at]!]));
      }
    }
  } finally {
    for (const driver of drivers) driver.stop();
  }
  return {
    name: "ocapn",
    title: "Calls to objects of other processes",
    columns: ["what", ...drivers.map(({ name }) => name)],
    rows,
    notes: [
      "Time that passes between two processes over loopback, then processor time of one thread that is both ends; in parentheses the speed as a ratio to the first column's, where more is better.",
      `Asked of Caper, a second: 15k calls one after another and 50k in flight on the raw netlayer, 3k and 20k on libp2p; measured by processor time ${ASKED.map((name) => measuredOf(details, name)).join("; ")}.`,
    ],
    details,
  };
}
