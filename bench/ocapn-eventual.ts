/**
 * What the systems that call by `E(target).method()` share: how the object is called, however it was reached.
 *
 * @module
 */
import type { Client } from "./ocapn-system.ts";

/** The counter as its clients see it. */
export interface RemoteCounter {
  increment(n: number): Promise<number>;
  echo<T>(value: T): Promise<T>;
  next(): RemoteCounter;
  value(): Promise<number>;
}

export function makeEventualClient(
  E: (target: RemoteCounter) => RemoteCounter,
  counter: RemoteCounter,
  close: Client["close"],
): Client {
  return {
    increment: (n) => E(counter).increment(n),
    echo: (value) => E(counter).echo(value),
    chain(depth) {
      let last = counter;
      for (let step = 1; step < depth; step++) last = E(last).next();
      return E(last).value();
    },
    close,
  };
}

/** The counter itself; `Far` marks what goes by reference. */
export function makeCounter(Far: (name: string, methods: object) => object, count = 0): object {
  return Far("counter", {
    increment: (n: number) => n + 1,
    echo: (value: unknown) => value,
    next: () => makeCounter(Far, count + 1),
    value: () => count,
  });
}
