/**
 * The browser's side of the journey: a worker that travels legs and sends them back.
 *
 * @module
 */
import { type LegInit, travel } from "./journey.ts";

self.onmessage = (event: MessageEvent<{ readonly id: number; readonly init: LegInit }>): void => {
  const { id, init } = event.data;
  travel(init).then(
    (leg) => self.postMessage({ id, leg }),
    (error: unknown) =>
      self.postMessage({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
};
