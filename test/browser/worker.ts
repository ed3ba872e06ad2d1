/**
 * The browser's side of the journey: a worker that travels legs and sends them back.
 *
 * @module
 */
import { type LegInit, travel } from "./journey.ts";

async function fetchEngine(): Promise<Uint8Array> {
  const response = await fetch("/node_modules/quickjs-wasi/quickjs.wasm");
  return new Uint8Array(await response.arrayBuffer());
}

self.onmessage = (event: MessageEvent<{ readonly id: number; readonly init: LegInit }>): void => {
  const { id, init } = event.data;
  travel(init, fetchEngine).then(
    (leg) => self.postMessage({ id, leg }),
    (error: unknown) =>
      self.postMessage({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
};
