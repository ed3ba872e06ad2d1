/**
 * Starts sides in processes of their own, for the tests, and stops them.
 *
 * @module
 */
import { fork } from "node:child_process";
import type { Request, Told } from "./peer-process.ts";
import type { NetlayerName, SystemName } from "./side.ts";

export interface Peer {
  /** Of its desk. */
  readonly uri: string;
  run(program: string, ...uris: readonly string[]): Promise<unknown>;
  stop(): Promise<void>;
}

const PROCESS = new URL("./peer-process.ts", import.meta.url).pathname;

export async function startPeer(system: SystemName, netlayer: NetlayerName): Promise<Peer> {
  const child = fork(PROCESS, [system, netlayer], {
    execArgv: ["--expose-gc"],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    serialization: "advanced",
  });
  let output = "";
  for (const stream of [child.stdout!, child.stderr!]) stream.on("data", (text) => (output += text));
  const started = Promise.withResolvers<string>();
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  child.on("message", (told: Told) => {
    if ("uri" in told) started.resolve(told.uri);
    else if ("error" in told) waiting.get(told.id)?.reject(new Error(`${system}: ${told.error}\n${output}`));
    else waiting.get(told.id)?.resolve(told.value);
  });
  void ended.then(() => {
    const error = new Error(`${system}: the process ended\n${output}`);
    started.reject(error);
    for (const { reject } of waiting.values()) reject(error);
  });
  const uri = await started.promise;
  let requests = 0;
  return {
    uri,
    run(program, ...uris) {
      const request: Request = { id: requests++, program, uris };
      const answer = Promise.withResolvers<unknown>();
      waiting.set(request.id, answer);
      child.send(request);
      return answer.promise.finally(() => waiting.delete(request.id));
    },
    async stop() {
      child.kill();
      await ended;
    },
  };
}
