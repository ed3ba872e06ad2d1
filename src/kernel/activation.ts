/**
 * One call of an export under way: its saved frames, and what the innermost of them goes on with. A machine has a stack of
 * them: where a call waits in an open host call, another may be started above it, and goes first until it is done.
 * @module
 */

import type { MachineState, NestedState } from "../image/index.ts";
import type { ValueType } from "../wasm/index.ts";
import { StateError } from "./machine-errors.ts";
import {
  type FrameContext,
  framesFromImage,
  frameToImage,
  type MachinePending,
  NO_PENDING,
  pendingFromImage,
  pendingToImage,
  type SavedFrame,
} from "./machine-frames.ts";

export class Activation {
  /** Outermost first. */
  frames: SavedFrame[] = [];
  pending: MachinePending = NO_PENDING;
  /** Thrown by the call that the innermost frame waits for. */
  exception: unknown;
  /** Types of the results, once the outermost frame has returned. */
  doneTypes: readonly ValueType[] = [];
  /** Is it on the engine's stack? Then its inner frames are there, and it waits for a host function to return. */
  isNative = false;

  get isIdle(): boolean {
    return this.frames.length === 0 && this.pending.kind === "none" && !this.isNative;
  }

  /** Does it wait in a host call that lets others be started above it? Not meant for one that is on the engine's stack. */
  get waitsOpenly(): boolean {
    return this.pending.kind === "call" && this.pending.open;
  }

  get innermost(): SavedFrame | undefined {
    // Reading before the beginning of a list is slow.
    return this.frames.length === 0 ? undefined : this.frames[this.frames.length - 1];
  }
}

/** A call without results is not told apart from a loop before somebody wants to know: that takes a plan of the function. */
function pendingOf({ program }: FrameContext, { innermost, pending, exception }: Activation): MachinePending {
  if (innermost === undefined || pending.kind !== "none" || exception !== undefined) return pending;
  return program.point(innermost.func, innermost.point)?.kind === "call" ? { kind: "results", values: [] } : pending;
}

/** Of the results that are waited for. */
function typesOf({ program }: FrameContext, { innermost, doneTypes }: Activation): readonly ValueType[] {
  return innermost === undefined ? doneTypes : (program.point(innermost.func, innermost.point)?.results ?? []);
}

/** @param activations outermost first */
export function activationsToImage(
  context: FrameContext,
  activations: readonly Activation[],
): Pick<MachineState, "frames" | "pending" | "nested"> {
  const [outermost = { frames: [], pending: NO_PENDING }, ...nested] = activations.map((activation) => {
    return {
      frames: activation.frames.map((frame) => frameToImage(context, frame)),
      pending: pendingToImage(context, pendingOf(context, activation), typesOf(context, activation)),
    };
  });
  return nested.length === 0 ? outermost : { ...outermost, nested };
}

/** Outermost first. Throws StateError. */
export function activationsFromImage(
  context: FrameContext,
  state: Pick<MachineState, "frames" | "pending" | "nested">,
): Activation[] {
  const saved: readonly NestedState[] = [state, ...(state.nested ?? [])];
  return saved.map(({ frames, pending }, index) => {
    const where = index === 0 ? "" : `nested call ${index}: `;
    const activation = new Activation();
    try {
      activation.frames = framesFromImage(context, frames);
      activation.pending = pendingFromImage(context, pending, activation.innermost);
    } catch (error) {
      throw error instanceof StateError ? new StateError(`${where}${error.message}`) : error;
    }
    if (index > 0 && activation.isIdle) throw new StateError(`${where}nothing is under way in it`);
    const isCovered = index < saved.length - 1;
    if (isCovered && !activation.waitsOpenly && activation.pending.kind !== "answered") {
      throw new StateError(`${where}another call is nested in it, and it does not wait in an open host call`);
    }
    return activation;
  });
}
