/**
 * What messages are made of: undefined, null, booleans, numbers, integers of any size, strings, bytes, lists, structs with
 * string keys, tagged values, errors, and references to capabilities and promises (docs/spec/passable.md). It is the model of
 * OCapN; symbols and OCapN's own encoding are not here.
 * @module
 */

import type { Capability } from "./capability.ts";

/** Lists and structs are copied when they cross; what a slot stands for is not. */
export type Passable =
  | undefined
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Error
  | object
  | readonly Passable[]
  | { readonly [key: string]: Passable };

/** Whether a value crosses as a reference. */
export function isCapability(value: unknown): value is Capability {
  return typeof value === "object" && value !== null && "receive" in value && typeof value.receive === "function";
}

/** A value with a name for what it means, such as a date or a decimal. */
export class Tagged {
  readonly tag: string;
  readonly payload: Passable;

  constructor(tag: string, payload: Passable) {
    if (typeof tag !== "string") throw new TypeError(`tag: expected a string, got ${typeof tag}`);
    this.tag = tag;
    this.payload = payload;
    Object.freeze(this);
  }
}

/** What a reference in a value is to. */
export type SlotKind = "capability" | "promise";

/** A reference: the number is the place in the vector that travels beside the bytes. */
export interface Slot {
  readonly kind: SlotKind;
  readonly index: number;
}

/** An error that came out of a guest: its name and message, and its own stack where the sender gave it. Never the host's. */
export class GuestError extends Error {
  readonly guestStack: string;

  constructor(init: { readonly name: string; readonly message: string; readonly stack: string }) {
    super(init.message);
    this.name = init.name;
    this.guestStack = init.stack;
    this.stack = `${init.name}: ${init.message}${init.stack === "" ? "" : `\n${init.stack}`}`;
  }
}
