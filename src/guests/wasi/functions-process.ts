/**
 * Arguments, environment, clocks, randomness, and the end of the process.
 *
 * @module
 */
import { Exit } from "../../kernel/index.ts";
import type { WasiCall, WasiDefinition } from "./call.ts";
import { ERRNO } from "./errno.ts";
import type { WasiProcess } from "./process.ts";

const encoder = new TextEncoder();
/** Filled in pieces, so that a request for all of memory needs little of the host's. */
const RANDOM_CHUNK_BYTES = 65_536;

const SIGNAL_MAX = 30;
/** Signals that a process does not notice unless it asks: none, child, continue, urgent, window. */
const SIGNALS_IGNORED: ReadonlySet<number> = new Set([0, 16, 17, 22, 27]);
/** Stop and its kin: nobody could continue the process. */
const SIGNALS_STOPPING: ReadonlySet<number> = new Set([18, 19, 20, 21]);
/** How a shell reports that a signal ended a program. */
const SIGNAL_EXIT_BASE = 128;

interface Strings {
  /** UTF-8, each with a zero at its end. */
  readonly encoded: readonly Uint8Array[];
  readonly size: number;
}

/** Made once, because a program may ask for their size as often as it likes. */
const argumentsOf = onceForEach((process) => encodeStrings(process.args));
const environmentOf = onceForEach((process) => encodeStrings(process.env.map(([name, value]) => `${name}=${value}`)));

function onceForEach(make: (process: WasiProcess) => Strings): (process: WasiProcess) => Strings {
  const made = new WeakMap<WasiProcess, Strings>();
  return (process) => {
    const strings = made.get(process) ?? make(process);
    made.set(process, strings);
    return strings;
  };
}

function encodeStrings(strings: readonly string[]): Strings {
  const encoded = strings.map((text) => encoder.encode(`${text}\0`));
  return { encoded, size: encoded.reduce((sum, bytes) => sum + bytes.length, 0) };
}

function writeStrings(call: WasiCall, { encoded, size }: Strings): 0 {
  const pointers = call.pointer(encoded.length * 4);
  let at = call.pointer(size);
  for (const [index, bytes] of encoded.entries()) {
    call.memory.writeU32(pointers + index * 4, at);
    call.memory.window(at, bytes.length).set(bytes);
    at += bytes.length;
    call.copied(bytes.length);
  }
  return ERRNO.SUCCESS;
}

function writeSizes(call: WasiCall, strings: Strings): 0 {
  const count = call.pointer(4);
  const size = call.pointer(4);
  call.memory.writeU32(count, strings.encoded.length);
  call.memory.writeU32(size, strings.size);
  return ERRNO.SUCCESS;
}

export const processFunctions: { readonly [name: string]: WasiDefinition } = {
  args_get: { gas: 0, run: (call, process) => writeStrings(call, argumentsOf(process)) },
  args_sizes_get: { gas: 0, run: (call, process) => writeSizes(call, argumentsOf(process)) },
  environ_get: { gas: 0, run: (call, process) => writeStrings(call, environmentOf(process)) },
  environ_sizes_get: { gas: 0, run: (call, process) => writeSizes(call, environmentOf(process)) },
  clock_res_get: {
    gas: 0,
    run(call, process) {
      const resolution = process.clocks.resolution(call.u32());
      call.memory.writeU64(call.u32(), resolution);
      return ERRNO.SUCCESS;
    },
  },
  clock_time_get: {
    gas: 0,
    run(call, process) {
      const time = process.clocks.time(call.u32());
      // The precision asked for: every answer is as precise as the clock can be.
      call.u64();
      call.memory.writeU64(call.u32(), time);
      return ERRNO.SUCCESS;
    },
  },
  random_get: {
    gas: 0,
    run(call, process) {
      const pointer = call.u32();
      const bytes = call.memory.window(pointer, call.u32());
      for (let at = 0; at < bytes.length; at += RANDOM_CHUNK_BYTES) {
        // A copy: a source that kept its argument would otherwise hold a window on the guest's memory.
        const chunk = new Uint8Array(Math.min(RANDOM_CHUNK_BYTES, bytes.length - at));
        process.random.fill(chunk);
        bytes.set(chunk, at);
      }
      call.copied(bytes.length);
      return ERRNO.SUCCESS;
    },
  },
  sched_yield: { gas: 0, run: () => ERRNO.SUCCESS },
  proc_exit: { gas: 0, run: (call) => new Exit(call.u32()) },
  proc_raise: {
    gas: 0,
    run(call) {
      const signal = call.u32();
      if (signal > SIGNAL_MAX) return ERRNO.INVAL;
      if (SIGNALS_IGNORED.has(signal)) return ERRNO.SUCCESS;
      return SIGNALS_STOPPING.has(signal) ? ERRNO.NOTSUP : new Exit(SIGNAL_EXIT_BASE + signal);
    },
  },
};

/** No socket is ever given, so a descriptor that is open is something else. */
function refuseSocket(gas = 0): WasiDefinition {
  return {
    gas,
    run(call, process) {
      process.table.get(call.u32());
      return ERRNO.NOTSOCK;
    },
  };
}

export const socketFunctions: { readonly [name: string]: WasiDefinition } = {
  sock_accept: refuseSocket(),
  sock_recv: refuseSocket(),
  sock_send: refuseSocket(),
  sock_shutdown: refuseSocket(),
};
