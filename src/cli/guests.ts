/**
 * From a file to a process that is ready to run: which kind of guest it is, and what is wrong with it in one sentence.
 *
 * @module
 */
import { basename, extname } from "node:path";
import { WASI_KIND, type WasiInit } from "../guests/wasi/index.ts";
import { ImageError, type TreeState } from "../image/index.ts";
import { type Kernel, KernelError, type Process, type TurnResult } from "../kernel/index.ts";
import { makeNodeKernel } from "../node/index.ts";
import { WasmError } from "../wasm/index.ts";
import { CliError } from "./errors.ts";

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
  readonly gas: number;
  readonly memoryBytes: number;
}

const WASM_MAGIC = [0x00, 0x61, 0x73, 0x6d];
const SCRIPT_EXTENSIONS = new Set([".js", ".mjs", ".cjs", ".ts", ".mts"]);

function makeCliKernel(): Kernel {
  return makeNodeKernel({ guests: [WASI_KIND] });
}

export async function startGuest(init: GuestInit): Promise<Guest> {
  if (WASM_MAGIC.every((byte, index) => init.bytes[index] === byte))
    return explain(init.path, () => startProgram(init));
  if (SCRIPT_EXTENSIONS.has(extname(init.path))) throw new CliError("input", `${init.path}: scripts do not run yet`);
  throw new CliError(
    "input",
    `${init.path}: is neither a WebAssembly module nor a script; expected a file that begins with \\0asm, or one named .js, .mjs, .ts or .mts`,
  );
}

function startProgram(init: GuestInit): Guest {
  const kernel = makeCliKernel();
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

export interface ThawGuestInit {
  readonly path: string;
  readonly state: TreeState;
  readonly powers: WasiInit;
}

export async function thawGuest(init: ThawGuestInit): Promise<Guest> {
  return explain(init.path, () => {
    const process = makeCliKernel().thaw(init.state, { powers: init.powers });
    return { process, begin: () => process.resume() };
  });
}

/** What is wrong with a program or an image is the file's fault; the rest is ours. */
async function explain<T>(path: string, action: () => T | Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof WasmError || error instanceof KernelError || error instanceof ImageError) {
      throw new CliError("input", `${path}: ${error.message}`, { cause: error });
    }
    throw error;
  }
}
