/**
 * Powers of a process in a worker: real folders, clock and randomness are reached from the worker itself, as far as its options
 * name them; the standard streams are objects of the host's thread.
 *
 * @module
 */
import type { WasiInit } from "../guests/wasi/index.ts";
import type { Plain, RemoteObject } from "../kernel/index.ts";
import type { Directory, InputStream, OutputStream, Wait } from "../powers/index.ts";
import { makeNodeClock, makeNodeDirectory, makeNodeRandom } from "./powers/index.ts";
import type { WorkerPowerOptions } from "./worker.ts";

/** Bytes on their way to the host's thread; a guest that writes more waits. */
const OUTPUT_BYTES_MAX = 1 << 20;

export function makeWorkerPowers(options: Plain, objects: { readonly [name: string]: RemoteObject }): WasiInit {
  // The options come from `workerPowerOptions` in the thread that started this one.
  const { args, env, directories, clock, random } = (options ?? {}) as unknown as WorkerPowerOptions;
  const { stdin, stdout, stderr } = objects;
  return {
    ...(args === undefined ? {} : { args }),
    ...(env === undefined ? {} : { env }),
    ...(stdin === undefined ? {} : { stdin: makeRemoteInput(stdin) }),
    ...(stdout === undefined ? {} : { stdout: makeRemoteOutput(stdout) }),
    ...(stderr === undefined ? {} : { stderr: makeRemoteOutput(stderr) }),
    ...(clock === true ? { clock: makeNodeClock() } : {}),
    ...(random === true ? { random: makeNodeRandom() } : {}),
    ...(directories === undefined ? {} : { directories: makeDirectories(directories) }),
  };
}

function makeDirectories(wanted: NonNullable<WorkerPowerOptions["directories"]>): { [path: string]: Directory } {
  const made = Object.entries(wanted).map(
    ([guestPath, { path, readOnly }]) => [guestPath, makeNodeDirectory(path, { readOnly })] as const,
  );
  return Object.fromEntries(made);
}

export function makeRemoteOutput(remote: RemoteObject): OutputStream {
  let underway = 0;
  let drained: Promise<unknown> = Promise.resolve();
  return Object.freeze({
    write(bytes: Uint8Array): number | Wait {
      if (underway >= OUTPUT_BYTES_MAX) return { wake: drained };
      if (bytes.length === 0) return 0;
      const chunk = bytes.slice(0, OUTPUT_BYTES_MAX);
      underway += chunk.length;
      const done = (): void => {
        underway -= chunk.length;
      };
      // An output that fails takes no more than one that is slow: the guest is not told of the host's troubles.
      drained = remote.call("write", chunk).then(done, done);
      return chunk.length;
    },
  });
}

export function makeRemoteInput(remote: RemoteObject): InputStream {
  let ready: Uint8Array | undefined;
  let asked: Promise<unknown> | undefined;
  let ended = false;
  const take = (answer: Plain): void => {
    asked = undefined;
    if (answer instanceof Uint8Array && answer.length > 0) ready = answer;
    else ended = true;
  };
  return Object.freeze({
    read(bytesMax: number): Uint8Array | undefined | Wait {
      if (ready !== undefined) {
        const chunk = ready.slice(0, bytesMax);
        ready = chunk.length < ready.length ? ready.subarray(bytesMax) : undefined;
        return chunk;
      }
      if (ended) return undefined;
      asked ??= remote.call("read", bytesMax).then(take, () => take(null));
      return { wake: asked };
    },
  });
}
