/**
 * What an image holds, as plain data for `caper inspect --json`: what it is, its processes, their stacks with function names,
 * memory and what they hold. Reading it runs nothing.
 *
 * @module
 */
import type { Image, Plain, ProcessState, StatusState, TreeState } from "../image/index.ts";
import { decodeModule, functionName, type WasmModule } from "../wasm/index.ts";
import { PAGE_BYTES } from "./quantities.ts";

export interface ImageSummary {
  readonly root: string;
  /** The image that this one is a difference against. */
  readonly base: string | null;
  readonly fileBytes: number;
  readonly blocks: number;
  readonly rewriter: string;
  readonly gasSchedule: number;
  readonly modules: readonly ModuleSummary[];
  readonly heldImages: readonly string[];
  readonly processes: readonly ProcessSummary[];
}

export interface ModuleSummary {
  readonly cid: string;
  /** null where the image leaves the module out. */
  readonly bytes: number | null;
}

export interface ProcessSummary {
  readonly parent: number | null;
  readonly kind: string;
  readonly module: number;
  readonly status: StatusState;
  readonly gasGranted: number;
  readonly gasUsed: number;
  readonly memoryBytesMax: number;
  readonly memoryBytes: number;
  /** Of the pages of 4 KiB, those that hold anything but zeros. */
  readonly memoryBytesNotZero: number;
  readonly tableElements: number;
  readonly globals: number;
  /** Innermost first. */
  readonly stack: readonly FrameSummary[];
  readonly holds: readonly string[];
  readonly messagesWaiting: number;
}

export interface FrameSummary {
  readonly func: number;
  readonly name: string | null;
  readonly point: number;
  readonly values: number;
}

const SMALL_PAGE_BYTES = 4096;

export function summarizeImage(init: { image: Image; state: TreeState; fileBytes: number }): ImageSummary {
  const { image, state } = init;
  const modules = state.modules.map((module) => (module.bytes === undefined ? undefined : decodeModule(module.bytes)));
  return {
    root: image.root,
    base: image.base,
    fileBytes: init.fileBytes,
    blocks: image.blocks.size,
    rewriter: state.rewriter,
    gasSchedule: state.gasSchedule,
    modules: state.modules.map((module) => ({ cid: module.cid, bytes: module.bytes?.length ?? null })),
    heldImages: state.images.map((held) => held.root),
    processes: state.processes.map((process) => summarizeProcess(process, modules[process.module])),
  };
}

function summarizeProcess(process: ProcessState, module: WasmModule | undefined): ProcessSummary {
  const memories = process.machine?.memories ?? [];
  const frames = process.machine?.frames ?? [];
  return {
    parent: process.parent < 0 ? null : process.parent,
    kind: process.guest.kind,
    module: process.module,
    status: process.status,
    gasGranted: process.meter.gasGranted,
    gasUsed: process.meter.gasUsed,
    memoryBytesMax: process.meter.pagesMax * PAGE_BYTES,
    memoryBytes: memories.reduce((sum, memory) => sum + memory.pages * PAGE_BYTES, 0),
    memoryBytesNotZero: memories.reduce((sum, memory) => sum + countNotZero(memory.bytes), 0),
    tableElements: (process.machine?.tables ?? []).reduce((sum, table) => sum + table.length, 0),
    globals: process.machine?.globals.length ?? 0,
    stack: frames.toReversed().map((frame) => ({
      func: frame.func,
      name: (module && functionName(module, frame.func)) ?? null,
      point: frame.point,
      values: frame.values.length,
    })),
    holds: process.clist.flatMap((entry, position) => describeEntry(entry, position)),
    messagesWaiting: process.mailbox.length,
  };
}

function countNotZero(bytes: Uint8Array): number {
  let count = 0;
  for (let start = 0; start < bytes.length; start += SMALL_PAGE_BYTES) {
    if (bytes.subarray(start, start + SMALL_PAGE_BYTES).some((byte) => byte !== 0)) count += SMALL_PAGE_BYTES;
  }
  return count;
}

/** One line for a c-list entry: its position, and the locator where the kernel knows one, else its kind. */
function describeEntry(entry: Plain, position: number): readonly string[] {
  if (entry === null) return [];
  const record = typeof entry === "object" && !Array.isArray(entry) && !(entry instanceof Uint8Array) ? entry : {};
  const fields = record as { readonly [key: string]: Plain };
  const what = fields.locator ?? fields.kind ?? "a capability";
  return [`${position}: ${typeof what === "string" ? what : JSON.stringify(what, plainToJson)}`];
}

/** JSON has neither bigint nor bytes. */
export function plainToJson(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Uint8Array) return { bytes: value.length };
  return value;
}
