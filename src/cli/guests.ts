/**
 * From a file to a process that is ready to run: which kind of guest it is, and what is wrong with it in one sentence.
 *
 * @module
 */
import { basename, extname } from "node:path";
import {
  JAVASCRIPT_KIND,
  type JavaScriptPowers,
  makeJavaScriptInstance,
  startMain,
} from "../guests/javascript/index.ts";
import { WASI_KIND, type WasiInit } from "../guests/wasi/index.ts";
import { ImageError, type TreeState } from "../image/index.ts";
import {
  findEndowment,
  type Kernel,
  KernelError,
  type Process,
  type StopReport,
  type TurnResult,
} from "../kernel/index.ts";
import { defineJavaScript, makeNodeKernel, makeUserCache } from "../node/index.ts";
import type { AuditLog } from "../powers/index.ts";
import { WasmError } from "../wasm/index.ts";
import type { ConfinedPowers } from "./confined-powers.ts";
import { CliError } from "./errors.ts";
import { readScript } from "./script.ts";
import { endowScript, type ScriptInit } from "./script-powers.ts";

export interface Guest {
  readonly process: Process;
  begin(): Promise<TurnResult>;
}

export interface GuestInit {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly args: readonly string[];
  readonly environment: { readonly [name: string]: string };
  readonly powers: WasiInit;
  readonly audit: AuditLog;
  readonly packages: ConfinedPowers;
  readonly gas: number;
  readonly memoryBytes: number;
}

const WASM_MAGIC = [0x00, 0x61, 0x73, 0x6d];
const SCRIPT_EXTENSIONS = new Set([".js", ".mjs", ".ts", ".mts"]);

interface KernelInit {
  readonly hasJavaScript: boolean;
}

function makeCliKernel({ hasJavaScript }: KernelInit): Kernel {
  const cache = makeUserCache();
  const kernel = makeNodeKernel({
    cache,
    onFault: (_process, error) => {
      if (process.env.CAPER_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    },
  });
  if (hasJavaScript) defineJavaScript(kernel, cache);
  return kernel;
}

export function startGuest(init: GuestInit): Promise<Guest> {
  return explain(init.path, () => {
    if (WASM_MAGIC.every((byte, index) => init.bytes[index] === byte)) return startProgram(init);
    if (SCRIPT_EXTENSIONS.has(extname(init.path))) return startScript(init);
    throw new CliError(
      "input",
      `${init.path}: is neither a WebAssembly module nor a script; expected a file that begins with \\0asm, or one named .js, .mjs, .ts or .mts`,
    );
  });
}

function startProgram(init: GuestInit): Guest {
  if (init.packages.policy !== undefined) {
    throw new CliError("usage", `--policy: ${init.path} is a program without packages; leave the option out`);
  }
  const kernel = makeCliKernel({ hasJavaScript: false });
  const program = kernel.load(init.bytes);
  if (!program.module.exports.some((item) => item.kind === "func" && item.name === "_start")) {
    throw new CliError(
      "input",
      `${init.path}: exports no function _start, so there is nothing to run; it may be a library`,
    );
  }
  const process = kernel.spawn({
    program,
    guest: WASI_KIND.name,
    powers: { ...init.powers, args: [basename(init.path), ...init.args], env: init.environment },
    gas: init.gas,
    memoryBytes: init.memoryBytes,
  });
  return { process, begin: () => process.run() };
}

interface RunningScript {
  readonly process: Process;
  /** It stopped, or ended. */
  readonly ended: Promise<StopReport>;
}

function spawnScript(init: GuestInit, more: JavaScriptPowers = {}): RunningScript {
  const { promise: ended, resolve: end } = Promise.withResolvers<StopReport>();
  const { endowments, powers } = endowScript(init.powers, scriptInit(init));
  const process = makeCliKernel({ hasJavaScript: true }).spawn({
    guest: JAVASCRIPT_KIND,
    endowments,
    powers: { ...powers, ...more },
    gas: init.gas,
    memoryBytes: init.memoryBytes,
    keeper: (stop) => {
      end(stop);
      return { action: "leave" };
    },
  });
  return { process, ended };
}

async function startScript(init: GuestInit): Promise<Guest> {
  const script = await readScript(init.path, init.packages.policy);
  const { process, ended } = spawnScript(init);
  const begin = (): Promise<TurnResult> => {
    startMain(process, { ...script, args: init.args });
    return ended;
  };
  return { process, begin };
}

export interface ServiceInit extends GuestInit {
  /** Nobody in the script learns of it. It does not end the script. */
  onUnhandledRejection(reason: unknown): void;
}

export interface Service extends RunningScript {
  /** What its module exports: capabilities for functions and for what `Far` marked, copies of all else. */
  readonly exports: ReadonlyMap<string, unknown>;
}

/** A script that stays: its module is loaded, and what it exports can be called. */
export function startService(init: ServiceInit): Promise<Service> {
  return explain(init.path, async () => {
    if (!SCRIPT_EXTENSIONS.has(extname(init.path))) {
      throw new CliError("input", `${init.path}: is no script; expected a file named .js, .mjs, .ts or .mts`);
    }
    const { entry, modules, confined } = await readScript(init.path, init.packages.policy);
    const { process, ended } = spawnScript(init, { onUnhandledRejection: init.onUnhandledRejection });
    const guest = makeJavaScriptInstance(process);
    const load = async (): Promise<ReadonlyMap<string, unknown>> => {
      const names = await guest.import(entry, modules, confined);
      return new Map(await Promise.all(names.map(async (name) => [name, await guest.get(name)] as const)));
    };
    // One that stops while it is loaded gives no answer.
    const exports = await Promise.race([load(), ended.then(() => new Map<string, unknown>())]);
    return { process, ended, exports };
  });
}

function scriptInit({ path, environment, audit, packages }: ThawGuestInit | GuestInit): ScriptInit {
  return { environment, audit, name: basename(path), confined: packages.endowments };
}

export interface ThawGuestInit {
  readonly path: string;
  readonly state: TreeState;
  readonly environment: { readonly [name: string]: string };
  readonly powers: WasiInit;
  readonly audit: AuditLog;
  readonly packages: ConfinedPowers;
}

export async function thawGuest(init: ThawGuestInit): Promise<Guest> {
  const { path, state, powers } = init;
  const hasJavaScript = state.processes.some((process) => process.guest.kind === JAVASCRIPT_KIND);
  return explain(path, () => {
    const { promise: ended, resolve: end } = Promise.withResolvers<TurnResult>();
    const isMain = state.processes[0]?.guest.kind === JAVASCRIPT_KIND;
    if (!isMain && Object.keys(init.environment).length > 0) {
      throw new CliError(
        "usage",
        "--env: a program has the variables that it was started with; only scripts get new ones",
      );
    }
    const script = endowScript(powers, scriptInit(init));
    const process = makeCliKernel({ hasJavaScript }).thaw(state, {
      powers: isMain ? script.powers : powers,
      resolveLocator: (locator) => findEndowment(script.endowments, locator),
      keeper: (stop) => {
        end(stop);
        return { action: "leave" };
      },
    });
    const begin = (): Promise<TurnResult> => {
      const turn = process.resume();
      // A script is over when it ends its process, a program when its one turn is over.
      return isMain ? Promise.race([ended, turn.then((result) => (result.kind === "done" ? ended : result))]) : turn;
    };
    return { process, begin };
  });
}

/** What is wrong with a program or an image is the file's fault; the rest is ours. */
async function explain<T>(path: string, action: () => T | Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof KernelError && error.code === "budget") {
      throw new CliError("input", `${path}: ${error.message}; give more with --gas or --memory`, { cause: error });
    }
    if (error instanceof WasmError || error instanceof KernelError || error instanceof ImageError) {
      throw new CliError("input", `${path}: ${error.message}`, { cause: error });
    }
    throw error;
  }
}
