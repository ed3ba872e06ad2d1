/**
 * A look into a process that does not run: where it stands, what it holds. For keepers, debuggers and `caper inspect`.
 * @module
 */

import type { Frame, Plain, Value } from "../image/index.ts";
import { decodeNames } from "../wasm/index.ts";
import type { MeterReading } from "./meter.ts";
import type { ProcessRecord } from "./record.ts";
import type { ProcessStatus } from "./stops.ts";

/** Frames beyond this are counted, not listed. */
export const INSPECTED_FRAMES_MAX = 200;

export type Inspection = {
  readonly guest: string;
  readonly status: ProcessStatus;
  readonly meter: { readonly [K in keyof MeterReading]: number };
  /** Innermost first, at most `INSPECTED_FRAMES_MAX`. */
  readonly frames: readonly FrameView[];
  readonly frameCount: number;
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

export function inspectProcess(process: ProcessRecord): Inspection & { readonly [key: string]: Plain } {
  const machine = process.machine;
  const state = machine?.freeze();
  const frames = state === undefined ? [] : [state, ...(state.nested ?? [])].flatMap((call) => call.frames);
  return {
    guest: process.kind.name,
    status: statusOf(process),
    meter: { ...process.meter.reading },
    frames: nameFrames(process, frames.slice(-INSPECTED_FRAMES_MAX).reverse()),
    frameCount: frames.length,
    globals: state?.globals ?? [],
    clistSize: process.clist.size,
    mailboxLength: process.mailbox.length,
    children: process.children.size,
  };
}

export function statusOf(process: ProcessRecord): ProcessStatus {
  const halted = process.tree.halted;
  if (process.state === "stopped" || process.state === "ended") {
    return { state: process.state, stop: process.stop ?? { kind: "paused" } };
  }
  return halted === undefined ? { state: process.state } : { state: "stopped", stop: { kind: halted } };
}

function nameFrames(process: ProcessRecord, frames: readonly Frame[]): FrameView[] {
  const module = process.program.module;
  const names = decodeNames(module).functions;
  return frames.map((frame) => ({
    func: frame.func,
    name:
      names.get(frame.func) ??
      module.exports.find((item) => item.kind === "func" && item.index === frame.func)?.name ??
      `function ${frame.func}`,
    point: frame.point,
    values: [...frame.values],
  }));
}
