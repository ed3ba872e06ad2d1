/**
 * The same summary for people: `caper inspect` on a terminal.
 *
 * @module
 */
import type { ImageSummary, NamedFrame, ProcessSummary } from "./inspect-data.ts";
import { formatBytes, formatGas, PAGE_BYTES } from "./quantities.ts";

const FRAMES_SHOWN_AT_EACH_END = 12;
const HELD_SHOWN_MAX = 40;
const LABEL_WIDTH = 10;

export function renderImage(summary: ImageSummary): string {
  const lines = [
    field("image", summary.root),
    field("file", `${formatBytes(summary.fileBytes)} in ${summary.blocks} blocks`),
    ...(summary.base === null ? [] : [field("base", `${summary.base}; only what differs from it is here`)]),
    field("made by", `rewriter ${summary.rewriter}, gas schedule ${summary.gasSchedule}`),
    ...summary.modules.map(({ cid, bytes }) =>
      field("module", `${cid}, ${bytes === null ? "not in this file" : formatBytes(bytes)}`),
    ),
    ...summary.images.map((root) => field("holds", `image ${root}`)),
    ...summary.processes.flatMap((process) => ["", ...renderProcess(process, summary)]),
  ];
  return `${lines.join("\n")}\n`;
}

function renderProcess(process: ProcessSummary, summary: ImageSummary): readonly string[] {
  const family = process.parent === null ? "" : `, child of process ${process.parent}`;
  const module = summary.modules.length > 1 ? `, module ${process.module}` : "";
  const { gasGranted = 0, gasUsed = 0, pagesMax = 0 } = process.meter;
  const bytes = process.memories.reduce((sum, memory) => sum + memory.bytes, 0);
  const bytesUsed = process.memories.reduce((sum, memory) => sum + memory.bytesUsed, 0);
  const elements = process.tables.reduce((sum, table) => sum + table.elements, 0);
  return [
    `process ${process.index}: ${process.guest}${module}${family}`,
    field("status", process.started ? process.status : `${process.status}, not started yet`),
    field("gas", `${formatGas(gasUsed)} used of ${formatGas(gasGranted)}`),
    field(
      "memory",
      `${formatBytes(bytes)} of ${formatBytes(pagesMax * PAGE_BYTES)}, ${formatBytes(bytesUsed)} of it not zero`,
    ),
    field("state", `${process.globals} globals, ${elements} table elements, ${process.mailbox} messages waiting`),
    ...renderHeld(process.clist),
    ...renderStack(process.stack),
  ];
}

function renderHeld(clist: ProcessSummary["clist"]): readonly string[] {
  if (clist.length === 0) return [field("holds", "no capability")];
  const shown = clist
    .slice(0, HELD_SHOWN_MAX)
    .map(({ position, locator }, index) =>
      field(index === 0 ? "holds" : "", `${position}: ${locator ?? "a reference inside the image"}`),
    );
  const more = clist.length - shown.length;
  return more > 0 ? [...shown, field("", `and ${more} more`)] : shown;
}

function renderStack(stack: readonly NamedFrame[]): readonly string[] {
  if (stack.length === 0) return [field("stack", "empty: no function is running")];
  const lines = stack.map((frame, depth) => {
    const name = frame.name ?? `function ${frame.func}`;
    return field(depth === 0 ? "stack" : "", `#${depth} ${name}, safepoint ${frame.point}, ${frame.values} values`);
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
  return `${label.padEnd(LABEL_WIDTH)} ${text.replaceAll(/\p{Cc}/gu, "\ufffd")}`;
}
