/**
 * Waiting: what parks, what wakes it, and that a freeze in between changes nothing.
 */
import { describe, expect, it } from "vitest";
import { RESULT, WasiCaller } from "../../../test/support/wasi-caller.ts";
import type { HostValue } from "../../kernel/index.ts";
import { type Exit, Suspend } from "../../kernel/index.ts";
import type { OutputStream } from "../../powers/index.ts";
import { makeManualClock, makeMemoryDirectory, makeQueueInput, PowerError } from "../../powers/index.ts";
import { ERRNO } from "./errno.ts";
import { STANDING_EPOCH } from "./index.ts";

const SUBSCRIPTIONS = 0;
const EVENTS = 4096;
const SECOND = 1_000_000_000n;

type Subscription =
  | { readonly clock: number; readonly timeout: bigint; readonly absolute?: boolean }
  | { readonly read: number }
  | { readonly write: number };

interface Event {
  readonly userdata: bigint;
  readonly errno: number;
  readonly type: number;
  readonly bytes: bigint;
  readonly flags: number;
}

function subscribe(caller: WasiCaller, subscriptions: readonly Subscription[]): void {
  caller.memory.fill(0, SUBSCRIPTIONS, SUBSCRIPTIONS + subscriptions.length * 48);
  for (const [index, one] of subscriptions.entries()) {
    const at = SUBSCRIPTIONS + index * 48;
    caller.view.setBigUint64(at, BigInt(index + 100), true);
    if ("clock" in one) {
      caller.view.setUint32(at + 16, one.clock, true);
      caller.view.setBigUint64(at + 24, one.timeout, true);
      caller.view.setUint16(at + 40, one.absolute === true ? 1 : 0, true);
    } else {
      caller.view.setUint8(at + 8, "read" in one ? 1 : 2);
      caller.view.setUint32(at + 16, "read" in one ? one.read : one.write, true);
    }
  }
}

function eventsOf(caller: WasiCaller): Event[] {
  return Array.from({ length: caller.result() }, (_, index) => {
    const at = EVENTS + index * 32;
    return {
      userdata: caller.result64(at),
      errno: caller.view.getUint16(at + 8, true),
      type: caller.view.getUint8(at + 10),
      bytes: caller.result64(at + 16),
      flags: caller.view.getUint16(at + 24, true),
    };
  });
}

/** The events, or the Suspend of a call that parks. */
function poll(caller: WasiCaller, subscriptions: readonly Subscription[]): Event[] | Suspend {
  subscribe(caller, subscriptions);
  return again(caller, subscriptions.length);
}

function again(caller: WasiCaller, count: number, suspend?: Suspend): Event[] | Suspend {
  caller.suspended = suspend?.state;
  const answer = caller.raw("poll_oneoff", SUBSCRIPTIONS, EVENTS, count, RESULT);
  caller.suspended = undefined;
  if (answer instanceof Suspend) return answer;
  expect(answer).toBe(0);
  return eventsOf(caller);
}

function parked(answer: HostValue | undefined | Suspend | Exit | Event[]): Suspend {
  if (!(answer instanceof Suspend)) throw new Error(`expected to be parked, got ${String(answer)}`);
  return answer;
}

const clockEvent = (userdata: bigint): Event => ({ userdata, errno: 0, type: 0, bytes: 0n, flags: 0 });

describe("poll_oneoff with the standing clock", () => {
  it("does not wait: time jumps to the nearest deadline", () => {
    const caller = new WasiCaller();
    const events = poll(caller, [
      { clock: 1, timeout: 5n * SECOND },
      { clock: 0, timeout: 2n * SECOND },
      { clock: 1, timeout: 2n * SECOND, absolute: true },
    ]);
    expect(events).toEqual([clockEvent(101n), clockEvent(102n)]);
    caller.call("clock_time_get", 0, 0n, RESULT);
    expect(caller.result64()).toBe(STANDING_EPOCH + 2n * SECOND + BigInt(caller.charged));
    expect(poll(caller, [{ clock: 0, timeout: STANDING_EPOCH + 10n * SECOND, absolute: true }])).toEqual([
      clockEvent(100n),
    ]);
    caller.gasUsed = 0;
    caller.call("clock_time_get", 1, 0n, RESULT);
    expect(caller.result64() <= 10n * SECOND && caller.result64() > 9n * SECOND).toBe(true);
    expect(poll(caller, [{ clock: 1, timeout: 0n }])).toEqual([clockEvent(100n)]);
  });

  it("parks for ever where there is no deadline within reach", () => {
    const caller = new WasiCaller();
    expect(poll(caller, [{ clock: 1, timeout: (1n << 64n) - 1n }])).toBeInstanceOf(Suspend);
    expect(
      poll(caller, [
        { clock: 1, timeout: (1n << 64n) - 1n },
        { clock: 1, timeout: 1n },
      ]),
    ).toEqual([clockEvent(101n)]);
  });

  it("cannot wait for computing time", () => {
    const [event] = poll(new WasiCaller(), [{ clock: 2, timeout: 1n }]) as Event[];
    expect(event).toMatchObject({ errno: ERRNO.NOTSUP });
    expect(poll(new WasiCaller(), [{ clock: 7, timeout: 1n }])).toMatchObject([{ errno: ERRNO.INVAL }]);
  });
});

describe("poll_oneoff with a clock", () => {
  it("parks until the deadline, charges nothing for waking too early, and keeps the deadline over a freeze", async () => {
    const clock = makeManualClock({ realtime: 50n * SECOND });
    const caller = new WasiCaller({ clock });
    const suspend = parked(poll(caller, [{ clock: 1, timeout: 10n * SECOND }]));
    clock.advance(6n * SECOND);
    expect(again(caller, 1, suspend)).toBeInstanceOf(Suspend);
    expect(caller.charged).toBe(0);
    // Elsewhere the clock shows something else, and guest time goes on where it was.
    const other = makeManualClock({ realtime: 900n * SECOND });
    other.advance(77n * SECOND);
    caller.thaw({ clock: other });
    const resumed = parked(again(caller, 1, suspend));
    other.advance(3n * SECOND);
    expect(again(caller, 1, suspend)).toBeInstanceOf(Suspend);
    other.advance(1n * SECOND);
    await resumed.wake;
    expect(again(caller, 1, suspend)).toEqual([clockEvent(100n)]);
    caller.call("clock_time_get", 1, 0n, RESULT);
    expect(caller.result64()).toBe(10n * SECOND);
    caller.call("clock_time_get", 0, 0n, RESULT);
    expect(caller.result64()).toBe(981n * SECOND);
  });

  it("wakes for whichever comes first and lets go of the timer", async () => {
    const clock = makeManualClock();
    const stdin = makeQueueInput();
    let waits = 0;
    const counting = {
      ...clock,
      wait: (duration: bigint, signal: AbortSignal) => {
        waits++;
        return clock.wait(duration, signal).then(() => {
          waits--;
        });
      },
    };
    const caller = new WasiCaller({ clock: counting, stdin });
    const suspend = parked(poll(caller, [{ clock: 1, timeout: SECOND }, { read: 0 }]));
    expect(waits).toBe(1);
    stdin.push("abc");
    await suspend.wake;
    await new Promise((resolve) => setImmediate(resolve));
    expect(waits).toBe(0);
    expect(again(caller, 2, suspend)).toEqual([{ userdata: 101n, errno: 0, type: 1, bytes: 3n, flags: 0 }]);
    expect(caller.read(0)).toBe("abc");
  });

  it("does not believe a start that cannot be true", () => {
    const clock = makeManualClock();
    const caller = new WasiCaller({ clock });
    subscribe(caller, [{ clock: 1, timeout: SECOND }]);
    for (const state of [-5n, 1n << 70n, "x", null, 7, {}]) {
      expect(again(caller, 1, new Suspend(Promise.resolve(), state))).toBeInstanceOf(Suspend);
    }
  });
});

describe("poll_oneoff on descriptors", () => {
  it("tells what is there, the end, and errors one by one", () => {
    const directory = makeMemoryDirectory({ files: { f: "content" } });
    const caller = new WasiCaller({ directories: { "/": directory } });
    const fd = caller.open("f");
    caller.read(fd, 3);
    expect(
      poll(caller, [{ read: fd }, { write: fd }, { read: 0 }, { write: 1 }, { read: 1 }, { read: 3 }, { read: 99 }]),
    ).toEqual([
      { userdata: 100n, errno: 0, type: 1, bytes: 4n, flags: 0 },
      { userdata: 101n, errno: 0, type: 2, bytes: 0n, flags: 0 },
      { userdata: 102n, errno: 0, type: 1, bytes: 0n, flags: 1 },
      { userdata: 103n, errno: 0, type: 2, bytes: 0n, flags: 0 },
      { userdata: 104n, errno: ERRNO.NOTCAPABLE, type: 1, bytes: 0n, flags: 0 },
      { userdata: 105n, errno: ERRNO.BADF, type: 1, bytes: 0n, flags: 0 },
      { userdata: 106n, errno: ERRNO.BADF, type: 1, bytes: 0n, flags: 0 },
    ]);
  });
});

describe("reading quiet input and writing to a full output", () => {
  it("parks and goes on, also after a freeze", async () => {
    const stdin = makeQueueInput();
    const caller = new WasiCaller({ stdin });
    const suspend = parked(caller.raw("fd_read", 0, ...caller.iovec(10), RESULT));
    expect(caller.charged).toBe(0);
    stdin.push("hi");
    await suspend.wake;
    expect(caller.read(0)).toBe("hi");
    parked(caller.raw("fd_read", 0, ...caller.iovec(10), RESULT));
    caller.thaw({ stdin: makeQueueInput() });
    parked(caller.raw("fd_read", 0, ...caller.iovec(10), RESULT));
    caller.thaw({});
    expect(caller.read(0)).toBe("");
  });

  it("is EAGAIN for who asked not to wait", () => {
    const caller = new WasiCaller({ stdin: makeQueueInput() });
    expect(caller.call("fd_fdstat_set_flags", 0, 4)).toBe(0);
    expect(caller.read(0)).toBe(ERRNO.AGAIN);
    expect(caller.call("fd_read", 0, 0, 0, RESULT)).toBe(0);
  });

  it("writes what fits, then waits", async () => {
    let room = 4;
    const taken: number[] = [];
    const waiting = Promise.withResolvers<void>();
    const stdout: OutputStream = {
      write(bytes) {
        if (room === 0) return { wake: waiting.promise };
        const count = Math.min(room, bytes.length);
        taken.push(...bytes.subarray(0, count));
        room -= count;
        return count;
      },
    };
    const caller = new WasiCaller({ stdout });
    expect(caller.write(1, "abcdef")).toBe(4);
    const suspend = parked(caller.raw("fd_write", 1, ...caller.iovec("ef"), RESULT));
    expect(poll(caller, [{ write: 1 }])).toBeInstanceOf(Suspend);
    room = 10;
    waiting.resolve();
    await suspend.wake;
    expect(poll(caller, [{ write: 1 }])).toHaveLength(1);
    expect(caller.write(1, "ef")).toBe(2);
    expect(new TextDecoder().decode(new Uint8Array(taken))).toBe("abcdef");
  });

  it("says EPIPE when nobody reads any more", () => {
    const stderr: OutputStream = {
      write() {
        throw new PowerError("broken-pipe");
      },
    };
    const caller = new WasiCaller({ stderr });
    expect(caller.write(2, "x")).toBe(-ERRNO.PIPE);
    expect(poll(caller, [{ write: 2 }])).toMatchObject([{ errno: ERRNO.PIPE }]);
  });

  it("shows terminals as such", () => {
    const caller = new WasiCaller({ stdin: { terminal: true, read: () => undefined } });
    caller.call("fd_fdstat_get", 0, RESULT);
    expect(caller.view.getUint8(RESULT)).toBe(2);
    caller.call("fd_fdstat_get", 1, RESULT);
    expect(caller.view.getUint8(RESULT)).toBe(0);
  });
});
