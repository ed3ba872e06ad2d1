/**
 * A turn: one message (or answer, or call of an export) that a process takes from its mailbox and works on until it returns.
 * @module
 */

import type { Plain, Value } from "../image/index.ts";
import type { Answer, Message } from "../passable/index.ts";
import { CAPABILITY_BYTES } from "./limits.ts";
import type { PromiseCell } from "./promise-cell.ts";
import type { ProcessRecord } from "./record.ts";
import type { StopReport, TurnResult } from "./stops.ts";

/** Told how the turn went. Belongs to a caller of this host, so it does not travel with an image. */
export type Waiter = (result: TurnResult) => void;

export type Turn = { waiter?: Waiter | undefined } & TurnWork;

export type TurnWork =
  /** The module's start function, or `_initialize`. */
  | { readonly kind: "start"; readonly func: number }
  | {
      readonly kind: "invoke";
      readonly func: number;
      readonly args: readonly Value[];
      readonly cell: PromiseCell | undefined;
    }
  | {
      readonly kind: "deliver";
      readonly target: number;
      readonly message: Message;
      readonly cell: PromiseCell | undefined;
    }
  /** For the driver as it is; what it gives back goes to the waiter. */
  | { readonly kind: "direct"; readonly payload: Plain }
  /** The answer to a promise that was listened to. */
  | { readonly kind: "settle"; readonly position: number; readonly promise: PromiseCell; readonly answer: Answer }
  /** A child that was listened to has stopped. */
  | { readonly kind: "child"; readonly position: number; readonly child: ProcessRecord; readonly stop: StopReport };

/** What a message that waits takes of the host's memory. */
export function messageBytes({ bytes, capabilities }: Message): number {
  return bytes.length + capabilities.length * CAPABILITY_BYTES;
}

/** What the turn adds to the bytes of a mailbox. */
export function turnBytes(turn: TurnWork): number {
  // The bytes of an answer count with its promise.
  return turn.kind === "deliver" ? messageBytes(turn.message) : 0;
}

/** The promise that breaks if the turn is never done. */
export function turnCell(turn: TurnWork): PromiseCell | undefined {
  return turn.kind === "deliver" || turn.kind === "invoke" ? turn.cell : undefined;
}
