/**
 * `poll_oneoff`: waiting for time to pass and for streams. A call that finds nothing parks the process; it is made again
 * after every wake-up, so all it must remember is when it was made first.
 *
 * @module
 */
import { Suspend } from "../../kernel/index.ts";
import type { Wait } from "../../powers/index.ts";
import { isWait } from "../../powers/index.ts";
import {
  CLOCK,
  EVENT,
  EVENT_HANGUP,
  EVENT_SIZE,
  RIGHTS,
  SUBSCRIPTION_CLOCK_ABSTIME,
  SUBSCRIPTION_SIZE,
  SUBSCRIPTIONS_MAX,
} from "./abi.ts";
import type { WasiAnswer, WasiCall, WasiDefinition } from "./call.ts";
import { DEADLINE_MAX } from "./clocks.ts";
import type { Errno } from "./errno.ts";
import { ERRNO, errnoOf, fail, onOpenEntry } from "./errno.ts";
import type { WasiProcess } from "./process.ts";

interface Subscription {
  readonly userdata: bigint;
  readonly type: number;
  /** A clock's number or a descriptor's. */
  readonly id: number;
  readonly timeout: bigint;
  readonly isAbsolute: boolean;
}

interface Readiness {
  readonly errno: Errno;
  readonly bytes: number;
  readonly flags: number;
}

/** What a subscription waits for, if it is not ready: a moment of guest monotonic time, or a stream. */
type Waiting = { readonly deadline: bigint } | Wait;

function readSubscription(call: WasiCall, at: number): Subscription {
  const { memory } = call;
  const type = memory.readU8(at + 8);
  if (type > EVENT.FD_WRITE) fail(ERRNO.INVAL);
  const isClock = type === EVENT.CLOCK;
  const flags = isClock ? memory.readU16(at + 40) : 0;
  if ((flags & ~SUBSCRIPTION_CLOCK_ABSTIME) !== 0) fail(ERRNO.INVAL);
  return {
    userdata: memory.readU64(at),
    type,
    id: memory.readU32(at + 16),
    timeout: isClock ? memory.readU64(at + 24) : 0n,
    isAbsolute: flags !== 0,
  };
}

function ready(bytes = 0, flags = 0): Readiness {
  return { errno: ERRNO.SUCCESS, bytes, flags };
}

function checkClock(process: WasiProcess, subscription: Subscription, started: bigint): Readiness | Waiting {
  const { clocks } = process;
  const { id, timeout, isAbsolute } = subscription;
  // Nothing can wait for its own computing: while it waits it computes nothing.
  if (id > CLOCK.MONOTONIC) return { ...ready(), errno: id > CLOCK.THREAD_CPUTIME ? ERRNO.INVAL : ERRNO.NOTSUP };
  let deadline = started + timeout;
  if (isAbsolute) deadline = id === CLOCK.REALTIME ? clocks.monotonic() + timeout - clocks.realtime() : timeout;
  return deadline <= clocks.monotonic() ? ready() : { deadline };
}

function checkStream(process: WasiProcess, subscription: Subscription): Readiness | Waiting {
  const isRead = subscription.type === EVENT.FD_READ;
  const descriptor = process.table.get(subscription.id);
  const right = isRead ? RIGHTS.FD_READ : RIGHTS.FD_WRITE;
  if (descriptor.kind === "folder") return { ...ready(), errno: ERRNO.BADF };
  process.table.get(subscription.id, right | RIGHTS.POLL_FD_READWRITE);
  if (descriptor.kind === "file") {
    const stat = onOpenEntry(() => process.folders.directoryOf(descriptor).stat(descriptor.path));
    return ready(isRead ? Math.max(0, stat.size - descriptor.offset) : 0);
  }
  if (descriptor.stream === "stdin") {
    const available = process.input.poll();
    if (isWait(available)) return available;
    return ready(available, available === 0 ? EVENT_HANGUP : 0);
  }
  const answer = process.outputs[descriptor.stream].write(new Uint8Array(0));
  return isWait(answer) ? answer : ready();
}

/** An error of one subscription is its event, not the call's failure. */
function check(process: WasiProcess, subscription: Subscription, started: bigint): Readiness | Waiting {
  if (subscription.type === EVENT.CLOCK) return checkClock(process, subscription, started);
  try {
    return checkStream(process, subscription);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    return { ...ready(), errno };
  }
}

function writeEvent(call: WasiCall, at: number, subscription: Subscription, readiness: Readiness): void {
  const { memory } = call;
  memory.window(at, EVENT_SIZE).fill(0);
  memory.writeU64(at, subscription.userdata);
  memory.writeU16(at + 8, readiness.errno);
  memory.writeU8(at + 10, subscription.type);
  memory.writeU64(at + 16, BigInt(readiness.bytes));
  memory.writeU16(at + 24, readiness.flags);
}

/**
 * Waits for the first of everything: undefined if a standing clock has just jumped to the nearest deadline. Timers are let
 * go of as soon as anything wakes the process.
 */
function sleep(process: WasiProcess, waiting: readonly Waiting[]): Promise<unknown> | undefined {
  const streams = waiting.filter((one) => "wake" in one).map((one) => one.wake);
  let nearest: bigint | undefined;
  for (const one of waiting) {
    if ("deadline" in one && (nearest === undefined || one.deadline < nearest)) nearest = one.deadline;
  }
  // With nothing else to wait for, "forever" parks the process until somebody freezes or discards it.
  if (nearest === undefined || nearest > DEADLINE_MAX) return Promise.race([...streams, new Promise<never>(() => {})]);
  const controller = new AbortController();
  const timer = process.clocks.sleepUntil(nearest, controller.signal);
  if (timer === undefined) return undefined;
  const abort = (): void => controller.abort();
  return Promise.race([...streams, timer]).then(abort, abort);
}

/** Guest time when the call was made first. What an image says of it is believed only if it can be true. */
function startOf(call: WasiCall, process: WasiProcess): bigint {
  const now = process.clocks.monotonic();
  const { suspended } = call.context;
  return typeof suspended === "bigint" && suspended >= 0n && suspended <= now ? suspended : now;
}

function pollOneoff(call: WasiCall, process: WasiProcess): WasiAnswer {
  const input = call.u32();
  const output = call.u32();
  const count = call.u32();
  const result = call.pointer(4);
  if (count === 0 || count > SUBSCRIPTIONS_MAX) return ERRNO.INVAL;
  call.memory.assertRange(input, count * SUBSCRIPTION_SIZE);
  call.memory.assertRange(output, count * EVENT_SIZE);
  // Also where one of them is wrong.
  call.copied(count * SUBSCRIPTION_SIZE);
  const subscriptions = Array.from({ length: count }, (_, index) =>
    readSubscription(call, input + index * SUBSCRIPTION_SIZE),
  );
  const started = startOf(call, process);
  for (;;) {
    let events = 0;
    const waiting: Waiting[] = [];
    for (const subscription of subscriptions) {
      const state = check(process, subscription, started);
      if ("errno" in state) writeEvent(call, output + events++ * EVENT_SIZE, subscription, state);
      else waiting.push(state);
    }
    if (events > 0) {
      call.copied(events * EVENT_SIZE);
      call.memory.writeU32(result, events);
      return ERRNO.SUCCESS;
    }
    const wake = sleep(process, waiting);
    if (wake !== undefined) return new Suspend(wake, started);
  }
}

export const pollFunctions: { readonly [name: string]: WasiDefinition } = {
  poll_oneoff: { gas: 0, run: pollOneoff },
};
