/**
 * What a kind of guest is to the kernel: the imports it provides beside `caper`, and, where a message takes more than one call
 * of an export, a driver. WASI and the JavaScript engine are kinds; plain WebAssembly needs neither imports nor driver.
 * @module
 */

import type { MachineState, Plain, Value } from "../image/index.ts";
import type { BrokenCode } from "../passable/index.ts";
import type { FunctionType } from "../wasm/index.ts";
import type { HostFunction, Suspend } from "./host.ts";
import type { MeterReading } from "./meter.ts";
import type { Program } from "./program.ts";
import type { StopReport } from "./stops.ts";

export interface GuestKind {
  /** Images name it. */
  readonly name: string;
  /** Where every guest of the kind is the same program: the JavaScript engine. */
  readonly program?: Program;
  /** An initialised, idle state of that program: then a spawn is a thaw. */
  readonly base?: GuestBase;
  /** Import modules that it provides, where it can run any program that imports nothing else. */
  readonly provides?: readonly string[];
  /** The type that an import must have; undefined for one that may have any. A program that imports it with another is refused. */
  signatureOf?(importModule: string, name: string): FunctionType | undefined;
  /** Slots of the call stack, where the kind needs another limit than the default: the same for all its processes, everywhere. */
  readonly stackSlotsMax?: number;
  make(init: GuestInit): Guest;
}

export interface GuestBase {
  readonly machine: MachineState;
  readonly saved: Plain;
}

export interface GuestInit {
  /** What `save` gave, on thaw and from a base; else undefined. */
  readonly saved: Plain | undefined;
  readonly services: GuestServices;
  /** What the host gave at spawn or thaw. Children of guests get undefined: powers are not inherited. */
  readonly powers: unknown;
}

export interface Guest {
  readonly modules: { readonly [importModule: string]: { readonly [name: string]: HostFunction } };
  readonly driver?: GuestDriver;
  save(): Plain;
}

/**
 * Turns an event into calls of exports, one after another. Never called again after a trap. Turns can be nested: `deliver` is
 * called in the middle of a turn whose export is inside an open host call. From then on `next` speaks for the new turn until it
 * has said that it is over; the results that it gets after that are those of the turn below.
 */
export interface GuestDriver {
  /** Called when `next` has said that the turn before is over, or while that is in an open host call. */
  deliver(event: GuestEvent): void;
  /** The next call of the innermost turn, given the results of the one before; undefined when the turn is over. */
  next(memory: Uint8Array, results: readonly Value[] | undefined): GuestCall | undefined;
  /** What the direct turn that is just over gives back to the host that asked for it. Kinds without it take no direct turns. */
  takeResult?(): unknown;
}

export interface GuestCall {
  /** Function index. */
  readonly func: number;
  readonly args: readonly Value[];
}

export type GuestEvent =
  | {
      readonly kind: "deliver";
      /** The export that the message is for; 0 is the root. */
      readonly target: number;
      readonly message: GuestMessage;
      /** c-list position for `answer`; 0 where no answer is wanted. */
      readonly resolver: number;
    }
  /** A promise or child that was listened to. A promise's position is dropped by it. */
  | { readonly kind: "settle"; readonly position: number; readonly answer: GuestAnswer }
  /** What the host asks of this kind of guest alone. It may come out of an image: the driver checks it. */
  | { readonly kind: "direct"; readonly payload: Plain };

/** Capabilities by number: n > 0 is a c-list position, n < 0 the process's own export -(n + 1). */
export interface GuestMessage {
  readonly bytes: Uint8Array;
  readonly capabilities: readonly number[];
}

export type GuestAnswer =
  | { readonly status: "fulfilled" | "rejected"; readonly message: GuestMessage }
  | { readonly status: "broken"; readonly code: BrokenCode; readonly reason: string }
  /** A child stopped: what a wait for it gives, and what interrupts other waits. */
  | { readonly status: "stopped"; readonly child: number; readonly stop: StopReport };

export type ServiceErrorName =
  | "noEntry"
  | "wrongKind"
  | "limit"
  | "pointer"
  | "cannotTravel"
  | "cycle"
  | "budget"
  | "program"
  | "state"
  | "export";

/** Results below zero; in the guest ABI the same numbers. */
export const ServiceError: { readonly [K in ServiceErrorName]: number } = Object.freeze({
  /** The c-list has nothing there. */
  noEntry: -1,
  /** What is there is not of the kind that the call is for. */
  wrongKind: -2,
  /** A named limit was reached. */
  limit: -3,
  /** A pointer leads out of the memory. */
  pointer: -4,
  /** Children, programs, images and resolvers cannot travel in messages. */
  cannotTravel: -5,
  /** Waiting would close a circle. */
  cycle: -6,
  /** The meter cannot afford it. */
  budget: -7,
  /** Not a program that runs here. */
  program: -8,
  /** Not in the state that the call is for. */
  state: -9,
  /** No such export, or it takes other arguments. */
  export: -10,
});

export interface SpawnRequest {
  /** c-list position of a program or an image; 0 is what the caller itself was made from. */
  readonly source: number;
  readonly gas: number;
  readonly pages: number;
  /** Numbered as in messages, by the names under which the child finds them. */
  readonly endowments: readonly (readonly [name: string, capability: number])[];
}

/** What the kernel does for one process, always by c-list positions. A number below zero is a `ServiceError`. */
export interface GuestServices {
  /** The position of a promise for the answer. The target may be a promise, too: then it is what that comes to. */
  send(target: number, message: GuestMessage): number;
  /** The same where nobody wants the answer. */
  sendOnly(target: number, message: GuestMessage): number;
  /** A promise of its own, and the resolver that it is settled by, with `answer`. */
  makePromise(): { readonly promise: number; readonly resolver: number } | number;
  /**
   * Waits for a promise (whose position an answer drops) or for a child to stop. A host function returns the `Suspend` as it is and
   * asks again when it is called again: `state` of the Suspend is the position.
   */
  wait(position: number): GuestAnswer | Suspend | number;
  /** A synchronous call, begun. Ask `answered` when called again after a Suspend. */
  call(target: number, message: GuestMessage): GuestAnswer | Suspend | number;
  /** The same, *open*: until it is answered, whoever the process waits for may have turns of its own nested in this one. */
  callOpen(target: number, message: GuestMessage): GuestAnswer | Suspend | number;
  /** An open call that is waited for with `wait`: the position of the promise for its answer. */
  sendOpen(target: number, message: GuestMessage): number;
  answered(position: number): GuestAnswer | Suspend | number;
  /** The answer becomes an event of a later turn. */
  listen(position: number): number;
  answer(resolver: number, status: "fulfilled" | "rejected", message: GuestMessage): number;
  drop(position: number): number;
  /** The position of an endowment, 0 where there is none of that name. */
  find(name: string): number;
  load(bytes: Uint8Array): number;
  spawn(request: SpawnRequest): number;
  /** Calls an export of a child; the position of a promise for its results, 8 bytes little-endian each. */
  invoke(child: number, exportName: string, args: readonly bigint[]): number;
  refill(child: number, budget: { readonly gas: number; readonly pages: number }): number;
  resume(child: number, options?: { readonly refuse?: boolean }): number;
  /** The position of an image; the child is gone. */
  freeze(child: number): number;
  stopOf(child: number): StopReport | undefined | number;
  inspect(child: number): Plain;
  /** A view, valid until anything runs. */
  peek(child: number, address: number, length: number): Uint8Array | number;
  /** Of a child, or with 0 of the caller itself. */
  meter(child: number): MeterReading | number;
  log(bytes: Uint8Array): void;
  gasUsed(): number;
}
