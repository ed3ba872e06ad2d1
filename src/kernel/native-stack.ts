/**
 * What is left of the engine's stack. Guests run on it one above the other where a host function calls back into a guest, the
 * same or another one; a thread has one stack, so this is the one thing that machines share.
 * @module
 */

import { NATIVE_HOST_SLOTS, NATIVE_STACK_SLOTS } from "./machine-limits.ts";

/** A machine that is on the engine's stack. */
export interface OnStack {
  /** Slots left of what it was given, while it is in a host function. */
  readonly nativeLeft: number;
}

let innermost: OnStack | undefined;

/** Puts a machine onto the stack; returns what was innermost before, for `leaveStack`. */
export function enterStack(machine: OnStack): OnStack | undefined {
  const before = innermost;
  innermost = machine;
  return before;
}

export function leaveStack(before: OnStack | undefined): void {
  innermost = before;
}

/** Slots for the next stretch; undefined where no guest is on the stack, and all is left. */
export function slotsLeft(): number | undefined {
  return innermost === undefined ? undefined : innermost.nativeLeft - NATIVE_HOST_SLOTS;
}

/** Has the stack room for another guest on top? What does not fit later is cut, as in any stretch. */
export function hasStackRoom(): boolean {
  return (slotsLeft() ?? NATIVE_STACK_SLOTS) > 0;
}
