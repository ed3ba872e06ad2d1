/**
 * One running module. Frames are data: the machine keeps the saved stack, and runs it innermost frame first by calling the
 * frames' continuations. What the guest calls while it runs lives on the engine's stack until something stops it; then
 * every function hands over its frame and returns, and the saved stack is whole again.
 *
 * It knows gas only as what is left of the current slice; meters are above it (meter.ts).
 * @module
 */

import type { MachineState, Value } from "../image/index.ts";
import type { HostFunction } from "./host.ts";
import type { MachineView, ViewLimits } from "./machine-view.ts";
import type { Program } from "./program.ts";
import { RunningMachine } from "./running-machine.ts";
import type { TrapCode } from "./traps.ts";

export {
  EPOCH_GAS,
  NATIVE_STACK_SLOTS,
  SLICE_GAS_MAX,
  STACK_SLOTS_DEFAULT,
  TABLE_ELEMENTS_MAX,
} from "./machine-limits.ts";

export type Stop =
  | { readonly kind: "done"; readonly results: readonly Value[] }
  /** The slice is used up, or a call that was nested in this one goes on first: call `run` again. */
  | { readonly kind: "slice" }
  /** The engine's stack has no room for another guest on top: call `run` again once the host function that called it has returned. */
  | { readonly kind: "deep" }
  /** A host function waits; call `run` again when `wake` has settled. */
  | { readonly kind: "parked"; readonly wake: Promise<unknown> }
  /** memory.grow or table.grow asks for more than the meter allows; `run` asks again, `refuseGrow` makes it fail. */
  | { readonly kind: "memory"; readonly pagesWanted: number }
  | { readonly kind: "exit"; readonly code: number }
  | { readonly kind: "trap"; readonly code: TrapCode; readonly message: string };

export interface MachineInit {
  readonly program: Program;
  /** The function for an import, or undefined if there is none: then `makeMachine` throws, naming it. */
  readonly imports: (module: string, name: string) => HostFunction | undefined;
  /** Goes on from here; default: a fresh instance, before its start function. */
  readonly state?: MachineState;
  /** Pages of 64 KiB that memory may have, with those that tables count as (growth.ts). */
  readonly memoryPagesMax: number;
  readonly stackSlotsMax?: number;
}

export interface Machine {
  /** Pushes the frame of a call; the machine must be one that `accepts` it. Original function index. Throws RangeError. */
  start(func: number, args: readonly Value[]): void;
  /**
   * Runs until something stops it, at most for `gas` (a slice: 0 to SLICE_GAS_MAX; or -1: then no guest code runs, only a
   * suspended host function is asked again), overdrawn by at most one straight
   * stretch of code. Guest failures are values; throws HostFault only. "done" is about the innermost call: those around it go
   * on in later runs. A host function may run what it started in an open call; what does not end there goes on first, later.
   *
   * `brief`: the run is over ("slice") also when the host has made a part of what a frame needs to go on, done a piece of a large
   * move, or resumed and saved many frames, each of which can take as long as a slice. Runs within host functions are never brief.
   */
  run(gas: number, options?: { readonly brief?: boolean }): Stop;
  /** True if no call is under way. */
  readonly idle: boolean;
  /** May a call be started? If none is under way, or the innermost one waits in an open host call. */
  readonly accepts: boolean;
  /** Does the innermost call wait for the host function that it is in to return? */
  readonly isNative: boolean;
  /** Calls up to the innermost that is in a host function on the engine's stack; 0 if there is none. */
  readonly nativeCalls: number;
  /** Calls above the first. */
  readonly nestedCalls: number;
  /** All gas used since the process began. Exact whenever `run` has returned, and in host functions. */
  readonly gasUsed: number;
  /** Of memory, and those that tables count as. */
  readonly memoryPages: number;
  memoryPagesMax: number;
  /** The guest's memory 0: a view that is valid until the next `run`; empty if it has none. */
  memory(): Uint8Array;
  /** The waiting memory.grow or table.grow gives -1. */
  refuseGrow(): void;
  /** In a host function: gas for the work that it does, as `HostContext.charge`. */
  charge(gas: number): void;
  /** In a host function: makes the call open, as `HostContext.open`. */
  open(): void;
  /** In a host function: takes gas away from the rest of the slice without counting it as used, because another process got it. */
  reduceSlice(gas: number): void;
  /** Ends all that is under way; if it is on the engine's stack, as soon as the host function returns. */
  abandon(): void;
  /** Where it stands, without saving it; not what is on the engine's stack. */
  look(limits: ViewLimits): MachineView;
  /** Ends the use of the machine: what it consists of may serve another one, so no view of its memory is valid any more. */
  release(): void;
  /** Everything, for an image; not while there are `nativeCalls`, when some of the frames are on the engine's stack. Memory bytes are a view unless `copy`, valid until the next `run`. */
  freeze(options?: { readonly copy?: boolean }): MachineState;
}

/**
 * Makes a machine for a program. It owns its instance; `release` gives that away, and need not be called.
 *
 * @throws WasmError `invalid` if a segment does not fit its memory or table
 * @throws RangeError if an import is missing or the memory limit is below what the module begins with
 * @throws StateError if `state` does not fit the module
 */
export function makeMachine(init: MachineInit): Machine {
  return new RunningMachine(init);
}
