import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  CONSOLE_TEXT_LENGTH_MAX,
  CONSOLE_WAITING_BYTES_MAX,
  ENVIRONMENT_VARIABLES_MAX,
  LIBRARY_METHODS_MAX,
  makeByteBucket,
  makeClockPower,
  makeCollector,
  makeConsolePower,
  makeEnvironmentPower,
  makeLibraryPower,
  makeManualClock,
  makeRandomPower,
  makeRateWindow,
  makeSeededRandom,
  makeStreamConsole,
  makeTimersPower,
  RANDOM_BYTES_MAX,
  RATE_CALLS_MAX,
  revocable,
  TIMER_DELAY_MS_MAX,
  TIMERS_WAITING_MAX,
} from "./index.ts";

describe("console", () => {
  it("writes lines to two streams", () => {
    const [out, err] = [makeCollector(), makeCollector()];
    const console = makeConsolePower(makeStreamConsole(out, err));
    console.debug("1");
    console.log("2");
    console.info("3");
    console.warn("4");
    console.error("5");
    expect([out.text(), err.text()]).toEqual(["1\n2\n3\n", "4\n5\n"]);
  });

  it("has a longest text", () => {
    const console = makeConsolePower(() => {});
    console.log("x".repeat(CONSOLE_TEXT_LENGTH_MAX));
    expect(() => console.log("x".repeat(CONSOLE_TEXT_LENGTH_MAX + 1))).toThrow("expected at most");
  });

  it("never waits: what a slow stream cannot take is kept to a limit, then dropped and counted", async () => {
    const taken = makeCollector();
    let isOpen = false;
    let open = Promise.withResolvers<void>();
    const slow = {
      write: (bytes: Uint8Array) =>
        isOpen ? taken.write(bytes.subarray(0, 7000)) && Math.min(7000, bytes.length) : { wake: open.promise },
    };
    const write = makeStreamConsole(slow, slow);
    const line = "x".repeat(65_535);
    const linesMax = CONSOLE_WAITING_BYTES_MAX / (line.length + 1);
    for (let count = 0; count < linesMax + 2; count++) write("log", line);
    expect(taken.text()).toBe("");
    isOpen = true;
    open.resolve();
    open = Promise.withResolvers();
    await new Promise((resolve) => setImmediate(resolve));
    expect(taken.text()).toBe(`${`${line}\n`.repeat(linesMax)}(2 lines were dropped)\n`);
    write("log", "after");
    expect(taken.text().endsWith("after\n")).toBe(true);
  });

  it("survives a stream that fails", async () => {
    const write = makeStreamConsole(
      {
        write() {
          throw new Error("gone");
        },
      },
      makeCollector(),
    );
    write("log", "a");
    await Promise.resolve();
    write("log", "b");
  });
});

describe("clock", () => {
  it("gives milliseconds, coarser where the host wants it", () => {
    const clock = makeManualClock({ realtime: 1_000_000_000_000_000n });
    clock.advance(2_345_678n);
    const fine = makeClockPower(clock);
    const coarse = makeClockPower(clock, { resolutionMs: 2 });
    expect([fine.now(), fine.monotonic()]).toEqual([1_000_000_002.345678, 2.345678]);
    expect([coarse.now(), coarse.monotonic()]).toEqual([1_000_000_002, 2]);
    expect(() => makeClockPower(clock, { resolutionMs: -1 })).toThrow(RangeError);
  });
});

describe("timers", () => {
  it("wake when the time has come, not before", async () => {
    const clock = makeManualClock();
    let woken = false;
    const work = makeTimersPower(clock)
      .after(1.5)
      .then(() => {
        woken = true;
      });
    clock.advance(1_499_999n);
    await Promise.resolve();
    expect(woken).toBe(false);
    clock.advance(1n);
    await work;
    expect(woken).toBe(true);
  });

  it("have a longest delay and a greatest number", async () => {
    const clock = makeManualClock();
    const stop = new AbortController();
    const timers = makeTimersPower(clock, { signal: stop.signal });
    const waiting = Array.from({ length: TIMERS_WAITING_MAX }, () => timers.after(TIMER_DELAY_MS_MAX));
    await expect(timers.after(1)).rejects.toThrow("rate-limited");
    await expect(timers.after(TIMER_DELAY_MS_MAX + 1)).rejects.toThrow("expected a number");
    stop.abort();
    await Promise.all(waiting);
    await timers.after(1);
  });
});

describe("random", () => {
  it("gives bytes up to a limit, and numbers below 1", () => {
    const random = makeRandomPower(makeSeededRandom());
    expect(random.bytes(RANDOM_BYTES_MAX)).toHaveLength(RANDOM_BYTES_MAX);
    expect(() => random.bytes(RANDOM_BYTES_MAX + 1)).toThrow("expected an integer from 0 to 65536, got 65537");
    for (let count = 0; count < 100; count++) expect(random.number()).toBeLessThan(1);
    const ones = makeRandomPower({ fill: (bytes) => void bytes.fill(255) });
    expect(ones.number()).toBe(1 - 2 ** -53);
  });
});

describe("environment", () => {
  const variables = { LANG: "C", LC_ALL: "C", SECRET: "s", EMPTY: "", GONE: undefined };

  it("has the named variables and no others", () => {
    const environment = makeEnvironmentPower(variables, { names: ["LANG", "LC_*", "EMPTY", "NOT_THERE"] });
    expect(environment.names()).toEqual(["LANG", "LC_ALL", "EMPTY"]);
    expect(["LANG", "SECRET", "EMPTY", "GONE", "__proto__"].map((name) => environment.get(name))).toEqual([
      "C",
      undefined,
      "",
      undefined,
      undefined,
    ]);
    expect(makeEnvironmentPower(variables).names()).toEqual(["LANG", "LC_ALL", "SECRET", "EMPTY"]);
  });

  it("has a greatest number of variables", () => {
    const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`V${at}`, ""]));
    expect(makeEnvironmentPower(many(ENVIRONMENT_VARIABLES_MAX)).names()).toHaveLength(ENVIRONMENT_VARIABLES_MAX);
    expect(() => makeEnvironmentPower(many(ENVIRONMENT_VARIABLES_MAX + 1))).toThrow(RangeError);
  });
});

describe("a library", () => {
  it("is its functions, with what they hand out", () => {
    const { power, revoke } = revocable(
      makeLibraryPower("counter", {
        version: "1",
        base: 5,
        make(step: number) {
          let count = this.base;
          return () => {
            count += step;
            return count;
          };
        },
      }),
    );
    expect(Object.keys(power)).toEqual(["make"]);
    const next = power.make(2);
    expect([next(), next()]).toEqual([7, 9]);
    revoke();
    expect(() => next()).toThrow("counter.make(): revoked");
  });

  it("can be some of its functions, up to a limit", () => {
    const library = { a: () => 1, b: () => 2 };
    expect(Object.keys(makeLibraryPower("x", library, { methods: ["b"] }))).toEqual(["b"]);
    const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`f${at}`, () => at]));
    expect(Object.keys(makeLibraryPower("x", many(LIBRARY_METHODS_MAX)))).toHaveLength(LIBRARY_METHODS_MAX);
    expect(() => makeLibraryPower("x", many(LIBRARY_METHODS_MAX + 1))).toThrow(RangeError);
  });
});

describe("rates", () => {
  it("have a greatest number of calls", () => {
    const clock = makeManualClock();
    expect(makeRateWindow({ calls: 0, perMs: 1, clock })()).toBe(false);
    expect(makeRateWindow({ calls: RATE_CALLS_MAX, perMs: 1, clock })()).toBe(true);
    for (const calls of [RATE_CALLS_MAX + 1, -1, 1.5]) {
      expect(() => makeRateWindow({ calls, perMs: 1, clock })).toThrow(RangeError);
    }
    expect(() => makeRateWindow({ calls: 1, perMs: 0, clock })).toThrow(RangeError);
  });

  it("hold in every window, whenever the calls come", () => {
    const steps = fc.array(fc.nat(30), { maxLength: 200 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 40 }), steps, (calls, perMs, pauses) => {
        const clock = makeManualClock();
        const take = makeRateWindow({ calls, perMs, clock });
        const taken: bigint[] = [];
        for (const pause of pauses) {
          clock.advance(BigInt(pause) * 1_000_000n);
          const now = clock.monotonic();
          const recent = taken.filter((at) => now - at < BigInt(perMs) * 1_000_000n).length;
          expect(take()).toBe(recent < calls);
          if (recent < calls) taken.push(now);
        }
      }),
      { verbose: 1 },
    );
  });

  it("let a bucket go below empty once, and fill it up in its time", () => {
    const clock = makeManualClock();
    const bucket = makeByteBucket({ bytes: 100, perMs: 10, clock });
    bucket.take(150);
    clock.advance(5_000_000n);
    expect(bucket.isEmpty()).toBe(true);
    clock.advance(1n);
    expect(bucket.isEmpty()).toBe(false);
    clock.advance(1_000_000_000n);
    bucket.take(100);
    expect(bucket.isEmpty()).toBe(true);
  });
});
