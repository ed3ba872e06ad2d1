/**
 * `caper serve <script>`: runs a script as a guest that stays, and serves what it exports to other peers.
 *
 * @module
 */
import { basename } from "node:path";
import type { Command } from "commander";
import { describeStop, type StopReport } from "../../kernel/index.ts";
import { makeNodeOcapn } from "../../node/index.ts";
import type { Ocapn } from "../../ocapn/index.ts";
import { GuestError, isCapability } from "../../passable/index.ts";
import { makeConfinedPowers } from "../confined-powers.ts";
import { CliError } from "../errors.ts";
import { EXIT_CODES, type ExitName } from "../exit-codes.ts";
import { type Service, startService } from "../guests.ts";
import { readInput } from "../image-file.ts";
import { makePeerKeys, type PeerKeys } from "../key-file.ts";
import { oneLine } from "../library-errors.ts";
import { openAuditFile } from "../library-options.ts";
import { addEndowmentOptions, type RawOptions, readOptions } from "../options.ts";
import { addListenOptions, type ListenOptions, startListening } from "../peers.ts";
import { makePowers } from "../powers.ts";
import { addWireOptions, openWireOutput, type WireOptions } from "../wire-output.ts";
import { GAS_DEFAULT, MEMORY_BYTES_DEFAULT } from "./run.ts";

type ServeOptions = RawOptions & ListenOptions & WireOptions & { readonly seedFile?: string };

export function addServeCommand(program: Command): void {
  const command = program
    .command("serve")
    .description("run a script that stays, and serve what it exports to other peers")
    .argument("<script>", "a .js, .mjs, .ts or .mts file: its exported functions and Far objects are served")
    .option("--gas <amount>", "instructions it may execute, those of all calls together, like 50M", "10G")
    .option("--memory <bytes>", "memory it may have, like 64M", "256M")
    .option("--seed-file <file>", "keep who it is and its URIs over restarts; made when it is not there");
  addWireOptions(addListenOptions(addEndowmentOptions(command))).action(serve);
}

async function serve(path: string, raw: ServeOptions): Promise<void> {
  const options = readOptions(raw);
  const bytes = readInput(path);
  const keys = makePeerKeys(raw.seedFile);
  using powers = makePowers(options);
  using log = openAuditFile(options.auditLog);
  using packages = makeConfinedPowers(options.policy, log.audit);
  using wire = openWireOutput(raw);
  const { netlayer, description } = await startListening(raw, keys.seed);
  const peer = makeNodeOcapn({ netlayers: [netlayer], ...(wire.onWire === undefined ? {} : { onWire: wire.onWire }) });
  try {
    const service = await load({
      path,
      bytes,
      args: [],
      environment: options.environment,
      // Standard output is for the URIs: a script must not be able to print others.
      powers: { ...powers.wasi, ...(powers.wasi.stderr === undefined ? {} : { stdout: powers.wasi.stderr }) },
      audit: log.audit,
      packages,
      gas: options.gas ?? GAS_DEFAULT,
      memoryBytes: options.memoryBytes ?? MEMORY_BYTES_DEFAULT,
      onUnhandledRejection: (reason) =>
        void process.stderr.write(`caper: ${path}: nobody handles this: ${describeThrown(reason)}\n`),
    });
    const count = serveExports(peer, service, keys);
    if (count === 0 && (await isIdle(service)))
      throw new CliError("input", `${path}: exports no function and no Far object, so there is nothing to serve`);
    if (count > 0) process.stderr.write(`caper: serves ${basename(path)} ${description}; Ctrl-C ends it\n`);
    const stop = await Promise.race([service.ended, untilInterrupted()]);
    if (stop !== undefined) throw stopError(path, stop);
  } finally {
    await peer.close();
  }
}

/** What the script throws while it is loaded is its own, with its own stack. */
async function load(init: Parameters<typeof startService>[0]): Promise<Service> {
  try {
    return await startService(init);
  } catch (error) {
    if (!(error instanceof GuestError)) throw error;
    throw new CliError("input", `${init.path}: ${describeThrown(error)}`, { cause: error });
  }
}

/** One line, with the place in the script. */
function describeThrown(reason: unknown): string {
  if (!(reason instanceof GuestError)) return oneLine(`a value that is no error: ${typeof reason}`);
  const where = reason.guestStack.split("\n")[0]?.trim() ?? "";
  return oneLine(`${reason.name}: ${reason.message} ${where}`.trim());
}

/** Prints `name  ocapn://…` for each. */
function serveExports(peer: Ocapn, service: Service, keys: PeerKeys): number {
  let count = 0;
  for (const [name, value] of service.exports) {
    if (!isCapability(value)) {
      process.stderr.write(`caper: ${oneLine(name)} is no function and no Far object, and not served\n`);
      continue;
    }
    const uri = peer.serve(value, { swissNumber: keys.swissNumber(name) });
    process.stdout.write(`${oneLine(name)}  ${uri}\n`);
    count += 1;
  }
  return count;
}

/** Whether the script waits for nobody but its callers: after its answers it may still have promises to see to. */
async function isIdle({ process: script }: Service): Promise<boolean> {
  while (script.status.state === "ready") await new Promise((resolve) => setImmediate(resolve));
  return script.status.state === "idle";
}

/** A second Ctrl-C does not wait for the end. */
function untilInterrupted(): Promise<undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  let count = 0;
  const onSignal = (): void => {
    count += 1;
    if (count > 1) process.exit(EXIT_CODES.interrupted);
    resolve(undefined);
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  return promise;
}

function stopError(path: string, stop: StopReport): CliError {
  const more: { readonly [kind: string]: string } = {
    "out-of-gas": "; give more with --gas",
    "out-of-memory": "; give more with --memory",
  };
  return new CliError(exitOf(stop), `${path}: ${describeStop(stop)}${more[stop.kind] ?? ""}`);
}

function exitOf({ kind }: StopReport): ExitName {
  switch (kind) {
    case "out-of-gas":
    case "out-of-memory":
    case "deadlock":
    case "trap":
      return kind;
    case "exit":
      return "input";
    default:
      return "fault";
  }
}
