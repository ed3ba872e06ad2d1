/**
 * An image in short, for people: what it is, what it holds, how large it is. All of it is plain data that JSON can carry.
 * @module
 */

import { PAGE_BYTES } from "./limits.ts";
import type { Plain, ProcessState, StatusState, TreeState } from "./state.ts";
import { toWords } from "./stored-memory.ts";

export interface ImageDescription {
  readonly rewriter: string;
  readonly gasSchedule: number;
  readonly modules: readonly { readonly cid: string; readonly bytes: number | null }[];
  /** Roots of the images that are held as values. */
  readonly images: readonly string[];
  readonly processes: readonly ProcessDescription[];
}

export interface ProcessDescription {
  readonly index: number;
  readonly parent: number | null;
  readonly module: string;
  readonly guest: string;
  /** "parked", "stopped: out-of-gas", "ended: trap unreachable: …" */
  readonly status: string;
  readonly meter: { readonly [name: string]: number };
  readonly started: boolean;
  readonly memories: readonly { readonly bytes: number; readonly bytesUsed: number }[];
  readonly tables: readonly { readonly elements: number; readonly elementsUsed: number }[];
  readonly globals: number;
  /** Outermost first. Names are the caller's to add: they are in the module. */
  readonly frames: readonly { readonly func: number; readonly point: number; readonly values: number }[];
  readonly pending: string;
  readonly clist: readonly { readonly position: number; readonly locator: string | null }[];
  readonly mailbox: number;
}

export function describeImage(state: TreeState): ImageDescription {
  return {
    rewriter: state.rewriter,
    gasSchedule: state.gasSchedule,
    modules: state.modules.map(({ cid, bytes }) => ({ cid, bytes: bytes?.length ?? null })),
    images: state.images.map((image) => image.root),
    processes: state.processes.map((process, index) => describeProcess(process, index, state)),
  };
}

function describeProcess(process: ProcessState, index: number, state: TreeState): ProcessDescription {
  const { machine } = process;
  const calls = machine === null ? [] : [machine, ...(machine.nested ?? [])];
  return {
    index,
    parent: process.parent < 0 ? null : process.parent,
    module: state.modules[process.module]?.cid ?? "",
    guest: process.guest.kind,
    status: describeStatus(process.status),
    meter: process.meter,
    started: machine !== null,
    memories: (machine?.memories ?? []).map(({ bytes }) => ({ bytes: bytes.length, bytesUsed: usedBytes(bytes) })),
    tables: (machine?.tables ?? []).map((elements) => ({
      elements: elements.length,
      elementsUsed: elements.filter((element) => element !== null).length,
    })),
    globals: machine?.globals.length ?? 0,
    frames: calls
      .flatMap(({ frames }) => frames)
      .map(({ func, point, values }) => ({ func, point, values: values.length })),
    pending: calls[calls.length - 1]?.pending.kind ?? "none",
    clist: process.clist.flatMap((entry, position) =>
      entry === null ? [] : [{ position, locator: locatorOf(entry) }],
    ),
    mailbox: process.mailbox.length,
  };
}

export function describeStatus(status: StatusState): string {
  switch (status.state) {
    case "idle":
    case "ready":
    case "parked":
      return status.state;
    case "stopped":
    case "ended":
      return `${status.state}: ${describeStop(status.stop)}`;
    default:
      return never(status);
  }
}

function describeStop(stop: Extract<StatusState, { readonly stop: unknown }>["stop"]): string {
  switch (stop.kind) {
    case "out-of-memory":
      return `out-of-memory, ${stop.pagesWanted} pages wanted`;
    case "trap":
      return `trap ${stop.code}: ${stop.message}`;
    case "exit":
      return `exit ${stop.code}`;
    case "fault":
      return `fault: ${stop.message}`;
    case "out-of-gas":
    case "deadlock":
    case "paused":
    case "frozen":
    case "discarded":
      return stop.kind;
    default:
      return never(stop);
  }
}

function never(value: never): never {
  throw new TypeError(`status: expected a known kind, got ${JSON.stringify(value)}`);
}

/** Pages that are not all zeros. */
function usedBytes(bytes: Uint8Array): number {
  const words = toWords(bytes);
  const pageWords = PAGE_BYTES / 4;
  let used = 0;
  for (let start = 0; start < words.length; start += pageWords) {
    let at = start;
    while (at < start + pageWords && words[at] === 0) at += 1;
    if (at < start + pageWords) used += PAGE_BYTES;
  }
  return used;
}

/** The kernel writes a reference to something outside as an entry with a locator. */
function locatorOf(entry: Plain): string | null {
  if (typeof entry !== "object" || entry === null || Array.isArray(entry) || entry instanceof Uint8Array) return null;
  const locator = (entry as { readonly [key: string]: Plain }).locator;
  if (locator === undefined || locator === null) return null;
  return typeof locator === "string"
    ? locator
    : JSON.stringify(locator, (_, value) => (typeof value === "bigint" ? String(value) : withoutSecret(value)));
}

/** Of a sturdyref: whoever reads what is behind `/s/` has the object. */
function withoutSecret(value: unknown): unknown {
  return typeof value === "string" ? value.replace(/^(ocapn:\/\/[^/]*\/s\/).*$/s, "$1…") : value;
}
