/**
 * A kernel in a worker thread of Node: the host's own thread stays free whatever the guests do.
 *
 * @module
 */
import { Worker } from "node:worker_threads";
import { connectKernel, type HostObject, type Plain, type Port, type RemoteKernel } from "../kernel/index.ts";

/** What a worker's process gets beside its objects `stdin`, `stdout` and `stderr`: made into powers in the worker. */
export interface WorkerPowerOptions {
  readonly args?: readonly string[];
  readonly env?: { readonly [name: string]: string };
  /** Real folders by the path at which the guest sees them. */
  readonly directories?: { readonly [guestPath: string]: { readonly path: string; readonly readOnly: boolean } };
  readonly clock?: boolean;
  readonly random?: boolean;
}

export interface KernelWorkerInit {
  /** Teach it JavaScript too: costs a few milliseconds at the start. */
  readonly javascript?: boolean;
  /** Told when the worker itself breaks; everything under way is rejected then. */
  onBroken?(error: Error): void;
}

/** The caller closes it; that ends the thread at once, also in the middle of a guest's endless loop. */
export function startKernelWorker(init: KernelWorkerInit = {}): RemoteKernel {
  const file = new URL(`./worker-main.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`, import.meta.url);
  const worker = new Worker(file, { workerData: { javascript: init.javascript === true } });
  const kernel = connectKernel(portOf(worker));
  worker.on("error", (error) => {
    kernel.close();
    init.onBroken?.(error instanceof Error ? error : new Error(String(error)));
  });
  return kernel;
}

/** A program's options as plain data, for `spawn` and `thaw` of a worker's kernel. */
export function workerPowerOptions(options: WorkerPowerOptions): Plain {
  return JSON.parse(JSON.stringify(options)) as Plain;
}

/** An output for a guest in a worker. */
export function makeOutputObject(write: (bytes: Uint8Array) => void | Promise<void>): HostObject {
  return Object.freeze({
    async write(bytes: Uint8Array): Promise<null> {
      await write(bytes);
      return null;
    },
  });
}

/** An input for a guest in a worker; `undefined` is its end. */
export function makeInputObject(read: (bytesMax: number) => Promise<Uint8Array | undefined>): HostObject {
  return Object.freeze({ read: async (bytesMax: number) => (await read(bytesMax)) ?? null });
}

function portOf(worker: Worker): Port {
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (handler) => void worker.on("message", handler),
    close: () => void worker.terminate(),
  };
}
