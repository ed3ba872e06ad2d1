/**
 * The guest ABI: the import module `caper` (docs/spec/guest-abi.md), a thin skin over the kernel's services. Pointers lead into
 * memory 0; answers and messages arrive in the inbox, from where the guest fetches them with `read`.
 * @module
 */

import type { Guest, GuestAnswer, GuestMessage, GuestServices } from "./guest.ts";
import { ServiceError } from "./guest.ts";
import type { HostContext, HostFunction, HostValue } from "./host.ts";
import { Suspend } from "./host.ts";
import {
  GAS_MAX,
  INVOKE_VALUES_MAX,
  MESSAGE_BYTES_MAX,
  MESSAGE_CAPABILITIES_MAX,
  NAME_BYTES_MAX,
  PAGES_MAX,
} from "./limits.ts";
import { exportedFunction } from "./module-names.ts";
import { copyGas } from "./prices.ts";
import type { ProcessRecord } from "./record.ts";
import type { StopReport } from "./stops.ts";
import { describeStop } from "./stops.ts";

export const CAPER_MODULE = "caper";

export const Status: { readonly fulfilled: 0; readonly rejected: 1; readonly broken: 2; readonly stopped: 3 } =
  Object.freeze({ fulfilled: 0, rejected: 1, broken: 2, stopped: 3 });

/** How the inbox names a stop; 0 is kept for "none". */
export const StopCode: { readonly [K in StopReport["kind"]]: number } = Object.freeze({
  "out-of-gas": 1,
  "out-of-memory": 2,
  deadlock: 3,
  trap: 4,
  exit: 5,
  fault: 6,
  discarded: 7,
  paused: 8,
  frozen: 9,
});

const utf8 = new TextEncoder();
const fromUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The functions of the import module for one process. */
export function makeCaperModule(
  process: ProcessRecord,
  services: GuestServices,
): { readonly [name: string]: HostFunction } {
  return Object.freeze({ ...messageFunctions(process, services), ...childFunctions(process, services) });
}

/** The driver of guests that have none: one call of an export for each event, with the message in the inbox. */
export function makeExportDriver(process: ProcessRecord): NonNullable<Guest["driver"]> {
  let pending: { readonly name: string; readonly args: readonly number[] } | undefined;
  return {
    deliver(event): void {
      if (event.kind === "deliver") {
        process.inbox = event.message;
        const { bytes, capabilities } = event.message;
        pending = { name: "caper_deliver", args: [event.target, event.resolver, bytes.length, capabilities.length] };
        return;
      }
      // Never pushed for these guests; an image may claim one.
      if (event.kind === "direct") return;
      const status = fillInbox(process, event.answer);
      const inbox = process.inbox;
      const sizes = [inbox?.bytes.length ?? 0, inbox?.capabilities.length ?? 0];
      pending = { name: "caper_settle", args: [event.position, status, ...sizes] };
    },
    next() {
      const call = pending;
      pending = undefined;
      if (call === undefined) return undefined;
      const func = exportedHandler(process, call.name);
      return func === undefined ? undefined : { func, args: call.args };
    },
  };
}

/** The export of that name, if it takes four i32 and returns nothing. */
function exportedHandler(process: ProcessRecord, name: string): number | undefined {
  const module = process.program.module;
  const func = exportedFunction(module, name);
  const type = func === undefined ? undefined : module.types[module.functions[func] as number];
  const fits =
    type?.results.length === 0 && type.params.length === 4 && type.params.every((param) => param === I32_TYPE);
  return fits ? func : undefined;
}

const I32_TYPE = 0x7f;

/** Puts an answer into the inbox and says its status. */
export function fillInbox(process: ProcessRecord, answer: GuestAnswer): number {
  switch (answer.status) {
    case "fulfilled":
    case "rejected":
      process.inbox = answer.message;
      return Status[answer.status];
    case "broken":
      process.inbox = { bytes: utf8.encode(`${answer.code}: ${answer.reason}`), capabilities: [] };
      return Status.broken;
    case "stopped":
      process.inbox = { bytes: encodeStop(answer.child, answer.stop), capabilities: [] };
      return Status.stopped;
    default:
      return answer satisfies never;
  }
}

function encodeStop(child: number, stop: StopReport): Uint8Array {
  const text = utf8.encode(describeStop(stop));
  const bytes = new Uint8Array(12 + text.length);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, child, true);
  view.setInt32(4, StopCode[stop.kind], true);
  view.setInt32(8, stop.kind === "exit" ? stop.code : stop.kind === "out-of-memory" ? stop.pagesWanted : 0, true);
  bytes.set(text, 12);
  return bytes;
}

function messageFunctions(process: ProcessRecord, services: GuestServices): { [name: string]: HostFunction } {
  const settle = (answer: GuestAnswer | Suspend | number): number | Suspend =>
    typeof answer === "number" || answer instanceof Suspend ? answer : fillInbox(process, answer);
  const callWith =
    (send: GuestServices["call"]): HostFunction =>
    (context, target, pointer, length, list, count) => {
      if (typeof context.suspended === "number") return settle(services.answered(context.suspended));
      const message = readMessage(context, pointer, length, list, count);
      return typeof message === "number" ? message : settle(send(int(target), message));
    };
  const sendWith =
    (send: GuestServices["send"]): HostFunction =>
    (context, target, pointer, length, list, count) => {
      const message = readMessage(context, pointer, length, list, count);
      return typeof message === "number" ? message : send(int(target), message);
    };
  return {
    call: callWith(services.call),
    call_open: callWith(services.callOpen),
    send: sendWith(services.send),
    send_only: sendWith(services.sendOnly),
    promise(context, pointer) {
      const memory = context.memory();
      if (!fits(memory, pointer, 4)) return ServiceError.pointer;
      const made = services.makePromise();
      if (typeof made === "number") return made;
      new DataView(memory.buffer, memory.byteOffset).setInt32(unsigned(pointer), made.resolver, true);
      return made.promise;
    },
    wait: (_context, position) => settle(services.wait(int(position))),
    listen: (_context, position) => services.listen(int(position)),
    answer(context, resolver, status, pointer, length, list, count) {
      if (status !== Status.fulfilled && status !== Status.rejected) return ServiceError.wrongKind;
      const message = readMessage(context, pointer, length, list, count);
      if (typeof message === "number") return message;
      return services.answer(int(resolver), status === Status.fulfilled ? "fulfilled" : "rejected", message);
    },
    size() {
      const inbox = process.inbox;
      return inbox === undefined ? 0n : (BigInt(inbox.capabilities.length) << 32n) | BigInt(inbox.bytes.length);
    },
    read: (context, pointer, list) => readInbox(process, context, pointer, list),
    drop: (_context, position) => services.drop(int(position)),
    find(context, pointer, length) {
      const name = readName(context, pointer, length);
      return typeof name === "number" ? name : services.find(name);
    },
    log(context, pointer, length) {
      const bytes = slice(context, pointer, length, MESSAGE_BYTES_MAX);
      if (typeof bytes === "number") return bytes;
      services.log(bytes);
      return 0;
    },
  };
}

function childFunctions(process: ProcessRecord, services: GuestServices): { [name: string]: HostFunction } {
  return {
    load(context, pointer, length) {
      const bytes = slice(context, pointer, length, MESSAGE_BYTES_MAX);
      return typeof bytes === "number" ? bytes : services.load(bytes);
    },
    spawn(context, source, gas, pages, list, count) {
      const budget = readBudget(gas, pages);
      if (budget === undefined) return ServiceError.budget;
      const numbers = readNumbers(context, list, count);
      if (typeof numbers === "number") return numbers;
      const endowments = numbers.map((number, index) => [String(index), number] as const);
      return services.spawn({ source: int(source), ...budget, endowments });
    },
    invoke(context, child, pointer, length, args, count) {
      const name = readName(context, pointer, length);
      if (typeof name === "number") return name;
      const values = readLongs(context, args, count);
      return typeof values === "number" ? values : services.invoke(int(child), name, values);
    },
    refill(_context, child, gas, pages) {
      const budget = readBudget(gas, pages);
      return budget === undefined ? ServiceError.budget : services.refill(int(child), budget);
    },
    resume: (_context, child, how) => services.resume(int(child), { refuse: how === 1 }),
    freeze: (_context, child) => services.freeze(int(child)),
    meter(context, child, pointer) {
      const reading = services.meter(int(child));
      if (typeof reading === "number") return reading;
      const pagesLeft = reading.pagesMax - reading.pagesUsed - reading.pagesLent - reading.pagesHeld;
      return writeLongs(context, pointer, [reading.gasLeft, reading.gasUsed, pagesLeft, reading.pagesUsed]);
    },
    inspect(_context, child) {
      const inspection = services.inspect(int(child));
      if (typeof inspection === "number") return inspection;
      process.inbox = { bytes: utf8.encode(JSON.stringify(inspection, jsonValue)), capabilities: [] };
      return 0;
    },
    peek(context, child, address, pointer, length) {
      const bytes = services.peek(int(child), unsigned(address), unsigned(length));
      return typeof bytes === "number" ? bytes : write(context, pointer, bytes);
    },
  };
}

function readInbox(process: ProcessRecord, context: HostContext, pointer: HostValue, list: HostValue): number {
  const inbox = process.inbox;
  if (inbox === undefined) return ServiceError.state;
  const { bytes, capabilities } = inbox;
  const memory = context.memory();
  if (!fits(memory, list, capabilities.length * 4) || !fits(memory, pointer, bytes.length)) return ServiceError.pointer;
  memory.set(bytes, unsigned(pointer));
  if (capabilities.length > 0) {
    const view = new DataView(memory.buffer, memory.byteOffset + unsigned(list));
    for (const [index, number] of capabilities.entries()) view.setInt32(index * 4, number, true);
  }
  process.inbox = undefined;
  return 0;
}

function readMessage(
  context: HostContext,
  pointer: HostValue | undefined,
  length: HostValue | undefined,
  list: HostValue | undefined,
  count: HostValue | undefined,
): GuestMessage | number {
  // What is copied is charged by who takes the message, so nothing may be copied for one that never gets there.
  const refusal = count === 0 ? undefined : refuseList(context, list, count);
  if (refusal !== undefined) return refusal;
  const bytes = slice(context, pointer, length, MESSAGE_BYTES_MAX);
  if (typeof bytes === "number") return bytes;
  const capabilities = readNumbers(context, list, count);
  return typeof capabilities === "number" ? capabilities : { bytes, capabilities };
}

const NO_NUMBERS: readonly number[] = Object.freeze([]);

function readNumbers(
  context: HostContext,
  list: HostValue | undefined,
  count: HostValue | undefined,
): readonly number[] | number {
  // Most messages have none.
  if (count === 0) return NO_NUMBERS;
  const refusal = refuseList(context, list, count);
  if (refusal !== undefined) return refusal;
  const memory = context.memory();
  const view = new DataView(memory.buffer, memory.byteOffset + unsigned(list));
  return Array.from({ length: unsigned(count) }, (_, index) => view.getInt32(index * 4, true));
}

function refuseList(
  context: HostContext,
  list: HostValue | undefined,
  count: HostValue | undefined,
): number | undefined {
  if (unsigned(count) > MESSAGE_CAPABILITIES_MAX) return ServiceError.limit;
  return fits(context.memory(), list, unsigned(count) * 4) ? undefined : ServiceError.pointer;
}

function readLongs(context: HostContext, list: HostValue | undefined, count: HostValue | undefined): bigint[] | number {
  if (unsigned(count) > INVOKE_VALUES_MAX) return ServiceError.limit;
  const bytes = slice(context, list, unsigned(count) * 8, INVOKE_VALUES_MAX * 8);
  if (typeof bytes === "number") return bytes;
  const view = new DataView(bytes.buffer);
  return Array.from({ length: bytes.length / 8 }, (_, index) => view.getBigInt64(index * 8, true));
}

function readName(
  context: HostContext,
  pointer: HostValue | undefined,
  length: HostValue | undefined,
): string | number {
  const bytes = slice(context, pointer, length, NAME_BYTES_MAX);
  if (typeof bytes === "number") return bytes;
  context.charge(copyGas(bytes.length));
  try {
    return fromUtf8.decode(bytes);
  } catch {
    return ServiceError.pointer;
  }
}

function readBudget(
  gas: HostValue | undefined,
  pages: HostValue | undefined,
): { readonly gas: number; readonly pages: number } | undefined {
  const amount = BigInt.asUintN(64, BigInt(gas ?? 0));
  const count = unsigned(pages);
  return amount > BigInt(GAS_MAX) || count > PAGES_MAX ? undefined : { gas: Number(amount), pages: count };
}

/** A copy of a part of memory 0, or a `ServiceError`. */
function slice(
  context: HostContext,
  pointer: HostValue | undefined,
  length: HostValue | undefined,
  lengthMax: number,
): Uint8Array<ArrayBuffer> | number {
  const memory = context.memory();
  const size = unsigned(length);
  if (size > lengthMax) return ServiceError.limit;
  if (!fits(memory, pointer, size)) return ServiceError.pointer;
  return new Uint8Array(memory.subarray(unsigned(pointer), unsigned(pointer) + size));
}

function write(context: HostContext, pointer: HostValue | undefined, bytes: Uint8Array): number {
  const memory = context.memory();
  if (!fits(memory, pointer, bytes.length)) return ServiceError.pointer;
  memory.set(bytes, unsigned(pointer));
  return 0;
}

function writeLongs(context: HostContext, pointer: HostValue | undefined, values: readonly number[]): number {
  const bytes = new Uint8Array(values.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of values.entries()) view.setBigInt64(index * 8, BigInt(value), true);
  return write(context, pointer, bytes);
}

function fits(memory: Uint8Array, pointer: HostValue | undefined, length: number): boolean {
  return unsigned(pointer) + length <= memory.length;
}

function int(value: HostValue | undefined): number {
  return Number(value ?? 0) | 0;
}

function unsigned(value: HostValue | undefined): number {
  return Number(value ?? 0) >>> 0;
}

/** 64-bit integers as decimal text, bytes as numbers: JSON has neither. */
function jsonValue(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  return value instanceof Uint8Array ? [...value] : value;
}
