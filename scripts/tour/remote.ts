/**
 * The tour's objects of other processes: served, called in one round trip, handed on to a third.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { styleText } from "node:util";
import { makeNodeOcapn, makeNodeWebSocketNetlayer } from "../../src/node/index.ts";
import { describeMessage, E, type WireEvent } from "../../src/ocapn/index.ts";
import { CLI, say } from "./command.ts";
import type { Driver } from "./driver.ts";
import type { Garage } from "./garage.ts";

const LINE_SHOWN = 110;

interface Service extends AsyncDisposable {
  readonly uri: string;
}

/** `caper serve` in a process of its own, until it has printed its URI. */
async function serve(script: string): Promise<Service> {
  const file = join(import.meta.dirname, script);
  const child = spawn(process.execPath, [CLI, "serve", file], { stdio: ["ignore", "pipe", "pipe"] });
  const said: string[] = [];
  child.stderr.setEncoding("utf8").on("data", (text: string) => said.push(text));
  for await (const line of createInterface({ input: child.stdout })) {
    const [, uri = ""] = line.split("  ");
    return { uri, [Symbol.asyncDispose]: () => stop(child) };
  }
  throw new Error(`caper serve ${script}: ${said.join("")}`);
}

async function stop(child: ChildProcess): Promise<void> {
  const closed = once(child, "close");
  child.kill("SIGINT");
  await closed;
}

function showService(script: string, { uri }: Service): void {
  say(styleText("bold", `  $ caper serve ${script}`));
  say(`  ${script.replace(".ts", "")}  ${uri.slice(0, 24)}…`);
}

export async function showRemote(tell: (text: string) => void): Promise<void> {
  const events: WireEvent[] = [];
  const [garageService, driverService] = await Promise.all([serve("garage.ts"), serve("driver.ts")]);
  await using _garage = garageService;
  await using _driver = driverService;
  showService("garage.ts", garageService);
  showService("driver.ts", driverService);
  const peer = makeNodeOcapn({
    netlayers: [await makeNodeWebSocketNetlayer()],
    onWire: (event) => events.push({ ...event, message: event.message.slice() }),
  });
  try {
    const garage = await peer.enliven<Garage>(garageService.uri);
    const driver = await peer.enliven<Driver>(driverService.uri);
    tell("This process calls the garage: three calls, each to the answer of the one before, in one round trip:");
    events.length = 0;
    const car = E(E(garage).order("red")).build();
    const answer = await E(car).drive(100);
    showCalls(events);
    say(`  ${answer}`);
    tell("It hands the car to the driver, who fetches it from the garage, and calls it there:");
    events.length = 0;
    const report = await E(driver).test((await car) as never);
    showCalls(events.filter(({ peer: other }) => other.designator === designatorOf(driverService)));
    say(`  ${report}`);
  } finally {
    await peer.close();
  }
}

function designatorOf({ uri }: Service): string {
  return /\/\/(\w+)\./.exec(uri)?.[1] ?? "";
}

/** Calls and answers, and not what is said about memory. */
function showCalls(events: readonly WireEvent[]): void {
  for (const line of events.map(describeMessage)) {
    if (line.includes("op:deliver"))
      say(styleText("yellow", `  ${line.length > LINE_SHOWN ? `${line.slice(0, LINE_SHOWN)}…` : line}`));
  }
}
