/**
 * From options to powers: the real folders, streams, clock and randomness that a program gets, and nothing else.
 *
 * @module
 */
import type { WasiInit } from "../guests/wasi/index.ts";
import { makeNodeClock, makeNodeDirectory, makeNodeInput, makeNodeOutput, makeNodeRandom } from "../node/index.ts";
import { type Directory, type OutputStream, powerErrorCode } from "../powers/index.ts";
import { CliError } from "./errors.ts";
import type { SharedOptions } from "./options.ts";
import type { Progress } from "./progress.ts";

export interface Powers extends Disposable {
  readonly wasi: WasiInit;
  /** While set, its line is taken away before the guest writes to the terminal. */
  onProgress(progress: Progress | undefined): void;
}

export function makePowers(options: SharedOptions): Powers {
  using stack = new DisposableStack();
  let progress: Progress | undefined;
  const clearing = (output: OutputStream): OutputStream => ({
    ...output,
    write: (bytes) => {
      progress?.clear();
      return output.write(bytes);
    },
  });
  const stdin = stack.use(makeNodeInput(process.stdin));
  const directories: [string, Directory][] = [];
  for (const { guestPath, hostPath, isReadOnly } of options.directories) {
    try {
      directories.push([guestPath, stack.use(makeNodeDirectory(hostPath, { readOnly: isReadOnly }))]);
    } catch (error) {
      throw new CliError("file", `--dir ${guestPath}=${hostPath}: ${describeFolder(error)}`);
    }
  }
  const owned = stack.move();
  return Object.freeze({
    wasi: {
      stdin,
      stdout: clearing(makeNodeOutput(process.stdout)),
      stderr: clearing(makeNodeOutput(process.stderr)),
      directories: Object.fromEntries(directories),
      ...(options.hasClock ? { clock: makeNodeClock() } : {}),
      ...(options.hasRandom ? { random: makeNodeRandom() } : {}),
    },
    onProgress(value: Progress | undefined): void {
      progress = value;
    },
    [Symbol.dispose]: () => owned.dispose(),
  });
}

function describeFolder(error: unknown): string {
  const code = powerErrorCode(error);
  if (code === "not-found") return "no such folder on this machine";
  if (code === "not-directory") return "is no folder";
  return error instanceof Error ? error.message : String(error);
}
