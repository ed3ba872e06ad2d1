/**
 * The same summary for people: `caper inspect` on a terminal.
 *
 * @module
 */
import type { StatusState } from "../image/index.ts";
import type { FrameSummary, ImageSummary, ProcessSummary } from "./inspect-data.ts";
import { formatBytes, formatGas } from "./quantities.ts";

const FRAMES_SHOWN_AT_EACH_END = 12;
const HELD_SHOWN_MAX = 40;
const LABEL_WIDTH = 10;

export function renderImage(summary: ImageSummary): string {
  const lines = [
    field("image", summary.root),
    field("file", `${formatBytes(summary.fileBytes)} in ${summary.blocks} blocks`),
    ...(summary.base === null ? [] : [field("base", `${summary.base}: only what differs from it is here`)]),
    field("made by", `rewriter ${summary.rewriter}, gas schedule ${summary.gasSchedule}`),
    ...summary.modules.map((module, index) =>
      field(
        `module ${index}`,
        `${module.cid}${module.bytes === null ? ", not in this file" : `, ${formatBytes(module.bytes)}`}`,
      ),
    ),
    ...summary.heldImages.map((root) => field("holds", `image ${root}`)),
    ...summary.processes.flatMap((process, index) => ["", ...renderProcess(process, index, summary)]),
  ];
  return `${lines.join("\n")}\n`;
}

function renderProcess(process: ProcessSummary, index: number, summary: ImageSummary): readonly string[] {
  const family = process.parent === null ? "" : `, child of process ${process.parent}`;
  const module = summary.modules.length > 1 ? `, module ${process.module}` : "";
  const gasLeft = Math.max(process.gasGranted - process.gasUsed, 0);
  return [
    `process ${index}: ${process.kind}${module}${family}`,
    field("status", describeStatus(process.status)),
    field("gas", `${formatGas(process.gasUsed)} used of ${formatGas(process.gasGranted)}, ${formatGas(gasLeft)} left`),
    field(
      "memory",
      `${formatBytes(process.memoryBytes)} of ${formatBytes(process.memoryBytesMax)}, ` +
        `${formatBytes(process.memoryBytesNotZero)} of it not zero`,
    ),
    field(
      "state",
      `${process.globals} globals, ${process.tableElements} table elements, ${process.messagesWaiting} messages waiting`,
    ),
    ...renderHeld(process.holds),
    ...renderStack(process.stack),
  ];
}

function renderHeld(holds: readonly string[]): readonly string[] {
  if (holds.length === 0) return [field("holds", "no capability")];
  const shown = holds.slice(0, HELD_SHOWN_MAX).map((text, index) => field(index === 0 ? "holds" : "", text));
  const more = holds.length - shown.length;
  return more > 0 ? [...shown, field("", `and ${more} more`)] : shown;
}

function renderStack(stack: readonly FrameSummary[]): readonly string[] {
  if (stack.length === 0) return [field("stack", "empty: no function is running")];
  const lines = stack.map((frame, depth) => {
    const name = frame.name ?? `function ${frame.func}`;
    return field(depth === 0 ? "stack" : "", `#${depth} ${name} at point ${frame.point}, ${frame.values} values`);
  });
  const hidden = lines.length - 2 * FRAMES_SHOWN_AT_EACH_END;
  if (hidden <= 1) return lines;
  return [
    ...lines.slice(0, FRAMES_SHOWN_AT_EACH_END),
    field("", `… ${hidden} frames more …`),
    ...lines.slice(-FRAMES_SHOWN_AT_EACH_END),
  ];
}

function field(label: string, text: string): string {
  // Names come from the guest: control characters must not reach the terminal.
  return `${label.padEnd(LABEL_WIDTH)} ${text.replaceAll(/\p{Cc}/gu, "�")}`;
}

export function describeStatus(status: StatusState): string {
  if (status.state !== "stopped" && status.state !== "ended") return status.state;
  const { stop } = status;
  switch (stop.kind) {
    case "out-of-gas":
      return "out of gas; refill it with caper thaw --gas";
    case "out-of-memory":
      return `out of memory: it wants ${stop.pagesWanted} pages more; give them with caper thaw --memory`;
    case "deadlock":
      return "waits for an answer that nobody is left to give";
    case "trap":
      return `ended by a trap: ${stop.code}${stop.message === "" ? "" : ` (${stop.message})`}`;
    case "exit":
      return `ended with exit code ${stop.code}`;
    case "fault":
      return `ended by a failure of its host: ${stop.message}`;
    case "paused":
    case "frozen":
    case "discarded":
      return stop.kind;
    default:
      return stop satisfies never;
  }
}
