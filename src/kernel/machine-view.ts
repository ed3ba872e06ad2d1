/**
 * What a machine shows of itself without being saved: its innermost frames and its globals, however deep its stack and however
 * large its tables are.
 * @module
 */

import type { Frame, Value } from "../image/index.ts";
import type { Activation } from "./activation.ts";
import { type FrameContext, frameToImage, type SavedFrame } from "./machine-frames.ts";

export interface MachineView {
  /** Innermost first. */
  readonly frames: readonly Frame[];
  /** Of all frames. */
  readonly frameCount: number;
  readonly globals: readonly Value[];
}

/** How much of it: frames end before the first that would pass either. */
export interface ViewLimits {
  readonly frames: number;
  readonly values: number;
}

/** @param activations outermost first */
export function viewFrames(
  context: FrameContext,
  activations: readonly Activation[],
  limits: ViewLimits,
): Pick<MachineView, "frames" | "frameCount"> {
  const frames: Frame[] = [];
  let values = 0;
  for (const frame of innermostFirst(activations)) {
    values += frame.values.length;
    if (frames.length === limits.frames || values > limits.values) break;
    frames.push(frameToImage(context, frame));
  }
  return { frames, frameCount: activations.reduce((sum, { frames: all }) => sum + all.length, 0) };
}

function* innermostFirst(activations: readonly Activation[]): Generator<SavedFrame> {
  for (let call = activations.length - 1; call >= 0; call--) {
    const frames = activations[call]?.frames ?? [];
    for (let at = frames.length - 1; at >= 0; at--) yield frames[at] as SavedFrame;
  }
}
