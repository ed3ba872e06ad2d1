/**
 * A look into a process that does not run: where it stands, what it holds. For keepers, debuggers and `caper inspect`.
 * @module
 */

import type { Plain, Value } from "../image/index.ts";
import type { MachineView } from "./machine-view.ts";
import type { MeterReading } from "./meter.ts";
import { nameOfFunction } from "./module-names.ts";
import { GAS_PER_INSPECTED_FRAME, GAS_PER_INSPECTED_VALUE, GAS_PER_INSPECTION } from "./prices.ts";
import type { ProcessRecord } from "./record.ts";
import type { ProcessStatus } from "./stops.ts";

/** Frames beyond this are counted, not listed. */
export const INSPECTED_FRAMES_MAX = 200;

/** So is a frame with which there would be more values than this, with all around it. Globals: the first so many. */
export const INSPECTED_VALUES_MAX = 10_000;

export type Inspection = {
  readonly guest: string;
  readonly status: ProcessStatus;
  readonly meter: { readonly [K in keyof MeterReading]: number };
  /** Innermost first, at most `INSPECTED_FRAMES_MAX` with `INSPECTED_VALUES_MAX` values. */
  readonly frames: readonly FrameView[];
  readonly frameCount: number;
  /** At most `INSPECTED_VALUES_MAX`. */
  readonly globals: readonly Value[];
  readonly clistSize: number;
  readonly mailboxLength: number;
  readonly children: number;
};

export type FrameView = {
  readonly func: number;
  readonly name: string;
  readonly point: number;
  readonly values: readonly Value[];
};

const NOTHING: MachineView = Object.freeze({ frames: [], frameCount: 0, globals: [] });

export function inspectProcess(process: ProcessRecord): Inspection & { readonly [key: string]: Plain } {
  const view = process.machine?.look({ frames: INSPECTED_FRAMES_MAX, values: INSPECTED_VALUES_MAX }) ?? NOTHING;
  const { module } = process.program;
  return {
    guest: process.kind.name,
    status: statusOf(process),
    meter: { ...process.meter.reading },
    frames: view.frames.map((frame) => ({
      func: frame.func,
      name: nameOfFunction(module, frame.func),
      point: frame.point,
      values: [...frame.values],
    })),
    frameCount: view.frameCount,
    globals: view.globals,
    clistSize: process.clist.size,
    mailboxLength: process.mailbox.length,
    children: process.children.size,
  };
}

/** What such a look costs a guest. */
export function inspectionGas({ frames, globals }: Inspection): number {
  const values = frames.reduce((sum, frame) => sum + frame.values.length, globals.length);
  return GAS_PER_INSPECTION + GAS_PER_INSPECTED_FRAME * frames.length + GAS_PER_INSPECTED_VALUE * values;
}

export function statusOf(process: ProcessRecord): ProcessStatus {
  const halted = process.tree.halted;
  if (process.state === "stopped" || process.state === "ended") {
    return { state: process.state, stop: process.stop ?? { kind: "paused" } };
  }
  return halted === undefined ? { state: process.state } : { state: "stopped", stop: { kind: halted } };
}
