/**
 * What runs in the worker thread that `startKernelWorker` starts: a kernel that serves the host's thread.
 *
 * @module
 */
import { parentPort, workerData } from "node:worker_threads";
import { serveKernel } from "../kernel/index.ts";
import { nodeHasher } from "./hasher.ts";
import { defineJavaScript } from "./javascript.ts";
import { makeNodeKernel, makeUserCache } from "./kernel.ts";
import { makeWorkerPowers } from "./worker-powers.ts";

const port = parentPort;
if (port === null) throw new Error("worker-main runs in a worker thread only");
const cache = makeUserCache();
const kernel = makeNodeKernel({ cache });
if ((workerData as { readonly javascript?: boolean }).javascript === true) defineJavaScript(kernel, cache);
serveKernel({
  port: {
    post: (message) => port.postMessage(message),
    onMessage: (handler) => void port.on("message", handler),
    close: () => port.close(),
  },
  kernel,
  hasher: nodeHasher,
  makePowers: makeWorkerPowers,
});
