/**
 * What messages are made of: undefined, null, booleans, numbers, integers of any size, strings, bytes, lists, structs with
 * string keys, symbols, tagged values, errors, and references to capabilities and promises (docs/spec/passable.md). It is the model of
 * OCapN (Model draft).
 * @module
 */

import { CAPABILITY, type Capability } from "./capability.ts";

/** Lists and structs are copied when they cross; what a slot stands for is not. */
export type Passable =
  | undefined
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Selector
  | Error
  | object
  | readonly Passable[]
  | { readonly [key: string]: Passable };

/** Whether a value is marked as a capability, and so crosses as a reference. */
export function isCapability(value: unknown): value is Capability {
  return typeof value === "object" && value !== null && CAPABILITY in value;
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

/**
 * A symbol of OCapN's: a name that is no string, such as that of a method. JavaScript's own symbols would not do: registered ones are
 * never collected, others are not equal to themselves after a passage.
 */
export class Selector {
  readonly name: string;

  constructor(name: string) {
    if (typeof name !== "string") throw new TypeError(`name: expected a string, got ${typeof name}`);
    this.name = name;
    Object.freeze(this);
  }
}

export function makeSelector(name: string): Selector {
  return new Selector(name);
}

export function isSelector(value: unknown): value is Selector {
  return value instanceof Selector;
}

/** What a reference in a value is to. */
export type SlotKind = "capability" | "promise";

/** A reference: the number is the place in the vector that travels beside the bytes. */
export interface Slot {
  readonly kind: SlotKind;
  readonly index: number;
}

/** Of engines that have such a thing. Under SES it is an accessor, or may not be written. */
const STACKS: { stackTraceLimit?: unknown } = Error;

/** An error that came out of a guest: its name and message, and its own stack where the sender gave it. Never the host's. */
export class GuestError extends Error {
  readonly guestStack: string;

  constructor(init: { readonly name: string; readonly message: string; readonly stack: string }) {
    // To walk this side's stack would be most of the work, and a message can be full of errors.
    const { stackTraceLimit } = STACKS;
    const isQuiet = typeof stackTraceLimit === "number" && Reflect.set(STACKS, "stackTraceLimit", 0);
    try {
      super(init.message);
    } finally {
      if (isQuiet) Reflect.set(STACKS, "stackTraceLimit", stackTraceLimit);
    }
    this.name = init.name;
    this.guestStack = init.stack;
    this.stack = `${init.name}: ${init.message}${init.stack === "" ? "" : `\n${init.stack}`}`;
  }
}
