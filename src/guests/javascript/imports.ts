/**
 * The engine's other imports: module loading, rejections, and the few WASI functions that it has.
 * @module
 */

import type { GuestServices, HostContext, HostFunction } from "../../kernel/index.ts";
import type { Clock, RandomSource } from "../../powers/index.ts";
import { EPOCH_NS, NAME_BYTES_MAX, REJECTIONS_PER_TURN_MAX } from "./limits.ts";
import type { JavaScriptState } from "./state.ts";

const ERRNO_SUCCESS = 0;
const ERRNO_BADF = 8;
const ERRNO_INVAL = 28;
const CLOCK_REALTIME = 0;
const CLOCK_MONOTONIC = 1;
/** A rejection is three numbers. */
const NUMBERS_PER_REJECTION = 3;

export function engineImports(
  state: JavaScriptState,
  hostCall: HostFunction,
): { readonly [name: string]: HostFunction } {
  return Object.freeze({
    host_call: hostCall,
    // Never enabled: gas does what it is for.
    host_interrupt: () => 0,
    // Only asked for where the engine has a normalizer of the host's; the base image has taken it out.
    host_module_normalize: () => 0,
    host_module_load: (context, namePointer, lengthPointer) =>
      loadModule(context, state, namePointer as number, lengthPointer as number),
    host_promise_rejection(_context, promise, reason, handled) {
      if (state.rejections.length < REJECTIONS_PER_TURN_MAX * NUMBERS_PER_REJECTION) {
        state.rejections.push(promise as number, reason as number, handled as number);
      }
      return undefined;
    },
    host_get_timezone_offset: () => 0,
  } satisfies { [name: string]: HostFunction });
}

/** The source is the engine's own allocation, made by the driver; the engine frees it. */
function loadModule(context: HostContext, state: JavaScriptState, namePointer: number, lengthPointer: number): number {
  const memory = context.memory();
  const start = namePointer >>> 0;
  const end = memory.subarray(start, start + NAME_BYTES_MAX + 1).indexOf(0);
  const name = end < 0 ? undefined : new TextDecoder().decode(memory.slice(start, start + end));
  const source = name === undefined ? undefined : state.sources.get(name);
  if (name === undefined || source === undefined) return 0;
  state.sources.delete(name);
  const [pointer, length] = source;
  new DataView(memory.buffer, memory.byteOffset).setUint32(lengthPointer >>> 0, length, true);
  return pointer | 0;
}

export interface WasiParts {
  readonly services: GuestServices;
  readonly clock: Clock | undefined;
  readonly random: RandomSource | undefined;
}

export function wasiImports({ services, clock, random }: WasiParts): { readonly [name: string]: HostFunction } {
  const now = (context: HostContext, id: number): bigint => {
    if (clock === undefined) return EPOCH_NS + BigInt(Math.trunc(context.gasUsed));
    return id === CLOCK_REALTIME ? clock.realtime() : clock.monotonic();
  };
  return Object.freeze({
    clock_time_get(context, id, _precision, pointer) {
      if (id !== CLOCK_REALTIME && id !== CLOCK_MONOTONIC) return ERRNO_INVAL;
      const memory = context.memory();
      const view = new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
      view.setBigUint64((pointer as number) >>> 0, BigInt.asUintN(64, now(context, id)), true);
      return ERRNO_SUCCESS;
    },
    random_get(context, pointer, length) {
      const start = (pointer as number) >>> 0;
      const bytes = context.memory().subarray(start, start + ((length as number) >>> 0));
      if (random === undefined) bytes.fill(0x43);
      else random.fill(bytes);
      return ERRNO_SUCCESS;
    },
    // The engine prints only what it has to say about its own failures.
    fd_write(context, fd, vectors, count, written) {
      if (fd !== 1 && fd !== 2) return ERRNO_BADF;
      const memory = context.memory();
      const view = new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
      let total = 0;
      for (let index = 0; index < (count as number); index += 1) {
        const at = ((vectors as number) >>> 0) + 8 * index;
        const start = view.getUint32(at, true);
        const length = view.getUint32(at + 4, true);
        services.log(memory.slice(start, start + length));
        total += length;
      }
      view.setUint32((written as number) >>> 0, total, true);
      return ERRNO_SUCCESS;
    },
    fd_close: () => ERRNO_BADF,
    fd_fdstat_get: () => ERRNO_BADF,
    fd_seek: () => ERRNO_BADF,
  } satisfies { [name: string]: HostFunction });
}
