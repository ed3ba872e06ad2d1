/**
 * Why a process is not running, as values. What a guest does wrong is always one of these, never an exception; only `fault` is
 * about the host: its engine or its own code failed, and the guest is not to blame.
 * @module
 */

import type { StatusState, StopState } from "../image/index.ts";
import type { HostValue } from "./host.ts";

/**
 * - `out-of-gas`, `out-of-memory`, `deadlock`, `paused`, `frozen`: stopped; goes on exactly where it stopped when it is resumed;
 * - `trap`, `exit`, `discarded`, `fault`: ended.
 */
export type StopReport = StopState;

export type ProcessStatus = StatusState;

/** How one turn went, as far as its caller can know: it returned, or the process stopped and its keeper left it so. */
export type TurnResult =
  | {
      readonly kind: "done";
      readonly results: readonly HostValue[];
      /** Of a direct turn: what the driver gave back. */
      readonly returned?: unknown;
    }
  | StopReport;

/** The same for a call in the caller's own thread, which cannot wait for what comes from outside or for more than its share of gas. */
export type SyncResult = TurnResult | { readonly kind: "parked" } | { readonly kind: "unfinished" };

export function isEnd(stop: StopReport): boolean {
  return stop.kind === "trap" || stop.kind === "exit" || stop.kind === "discarded" || stop.kind === "fault";
}

/** A stop in one sentence, for messages to guests and people. */
export function describeStop(stop: StopReport): string {
  switch (stop.kind) {
    case "out-of-gas":
      return "out of gas";
    case "out-of-memory":
      return `out of memory: wants ${stop.pagesWanted} pages more`;
    case "deadlock":
      return "waits for an answer that nobody is left to give";
    case "paused":
      return "paused";
    case "frozen":
      return "frozen";
    case "discarded":
      return "discarded";
    case "trap":
      return `trap ${stop.code}: ${stop.message}`;
    case "exit":
      return `exit ${stop.code}`;
    case "fault":
      return `fault of the host: ${stop.message}`;
    default:
      return stop satisfies never;
  }
}
