/**
 * What one ordinary call costs: the least of several rounds, since everything that disturbs only adds.
 *
 * @module
 */

const ROUNDS = 7;
const ROUND_MS = 12;
const CALLS_MAX = 20_000;

/** In microseconds. A call that gives a promise is awaited. */
export async function measure(call: () => unknown): Promise<number> {
  const isAsync = call() instanceof Promise;
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    let calls = 0;
    let now = start;
    while (now - start < ROUND_MS && calls < CALLS_MAX) {
      if (isAsync) await call();
      else call();
      calls++;
      now = performance.now();
    }
    least = Math.min(least, (now - start) / calls);
  }
  return least * 1000;
}
