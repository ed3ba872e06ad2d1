/**
 * Saved frames and what they wait for: between the machine's form and the image's. Nothing from an image is trusted: a
 * frame must be at a safepoint of its function, hold values of the right types, and fit the frames around it.
 * @module
 */

import type { Frame, Pending, Value } from "../image/index.ts";
import type { ValueType } from "../wasm/index.ts";
import { growType } from "./growth.ts";
import { StateError } from "./machine-errors.ts";
import { type Carrier, carriersToValues, type FunctionNumbers, valuesToCarriers } from "./machine-values.ts";
import type { PointTypes, Program } from "./program.ts";

export interface SavedFrame {
  readonly func: number;
  readonly point: number;
  readonly values: Carrier[];
}

/** A host function that suspended, or a memory.grow or table.grow that there was no room for: `wake` is undefined then. */
export interface PendingCall {
  readonly kind: "call";
  /** Imported function; the number of functions stands for memory.grow, those that follow for table.grow of each table. */
  readonly func: number;
  readonly args: readonly Value[];
  readonly state: Extract<Pending, { kind: "call" }>["state"];
  readonly wake: Promise<unknown> | undefined;
  /** Of one that has just stopped its process. */
  readonly pagesWanted: number;
  /** May other calls be started above it meanwhile? */
  readonly open: boolean;
}

/** A host function that has answered, while a call that was nested in it was not over. */
export interface AnsweredCall {
  readonly kind: "answered";
  readonly func: number;
  readonly values: readonly Value[];
}

/** What the innermost frame goes on with. */
export type MachinePending =
  | { readonly kind: "none" }
  | { readonly kind: "results"; readonly values: Carrier[] }
  | AnsweredCall
  | PendingCall;

export const NO_PENDING: { readonly kind: "none" } = Object.freeze({ kind: "none" });

/** The program, and the instance whose functions references name. */
export interface FrameContext {
  readonly program: Program;
  readonly functions: FunctionNumbers;
}

export function frameToImage({ program, functions }: FrameContext, frame: SavedFrame): Frame {
  const types = program.point(frame.func, frame.point)?.values ?? [];
  return { func: frame.func, point: frame.point, values: carriersToValues(types, frame.values, functions) };
}

/** @param types what is waited for: types of pending results */
export function pendingToImage(context: FrameContext, pending: MachinePending, types: readonly ValueType[]): Pending {
  switch (pending.kind) {
    case "none":
      return NO_PENDING;
    case "results":
      return { kind: "results", values: carriersToValues(types, pending.values, context.functions) };
    case "answered":
      return pending;
    case "call": {
      const { kind, func, args, state } = pending;
      return pending.open ? { kind, func, args, state, open: true } : { kind, func, args, state };
    }
  }
}

/** Throws StateError. */
export function framesFromImage(context: FrameContext, frames: readonly Frame[]): SavedFrame[] {
  const { program, functions } = context;
  let outer: PointTypes | undefined;
  return frames.map((frame, i) => {
    const where = `frame ${i}`;
    const types = program.point(frame.func, frame.point);
    if (types === undefined) throw new StateError(`${where}: function ${frame.func} has no safepoint ${frame.point}`);
    if (outer !== undefined) checkInside(outer, resultsOf(program, frame.func), where);
    outer = types;
    const values = valuesToCarriers(types.values, frame.values, functions);
    if (typeof values === "string") throw new StateError(`${where}: ${values}`);
    return { func: frame.func, point: frame.point, values };
  });
}

function checkInside(outer: PointTypes, results: readonly ValueType[], where: string): void {
  if (outer.kind !== "call") throw new StateError(`${where}: the frame around it is not at a call`);
  if (outer.results.join() !== results.join()) {
    throw new StateError(`${where}: its function does not give what the frame around it waits for`);
  }
}

function resultsOf({ module }: Program, func: number): readonly ValueType[] {
  return module.types[module.functions[func] as number]?.results ?? [];
}

/** Throws StateError. */
export function pendingFromImage(
  context: FrameContext,
  pending: Pending,
  inner: SavedFrame | undefined,
): MachinePending {
  const { program, functions } = context;
  const point = inner === undefined ? undefined : program.point(inner.func, inner.point);
  const waits = point?.kind === "call";
  if (pending.kind === "none") {
    if (waits) throw new StateError("pending: the innermost frame waits for results, and there are none");
    return NO_PENDING;
  }
  if (point !== undefined && !waits) throw new StateError("pending: the innermost frame waits for nothing");
  if (pending.kind === "call") return callFromImage(context, pending, point);
  if (pending.kind === "answered") return answeredFromImage(context, pending, point);
  if (point === undefined) throw new StateError("pending: results without a frame to take them");
  const values = valuesToCarriers(point.results, pending.values, functions);
  if (typeof values === "string") throw new StateError(`pending: ${values}`);
  return { kind: "results", values };
}

function callFromImage(
  { program, functions }: FrameContext,
  pending: Extract<Pending, { kind: "call" }>,
  point: PointTypes | undefined,
): PendingCall {
  const { module } = program;
  const grow = growType(module, pending.func);
  const isImport = pending.func < module.importedFunctions;
  const type = grow ?? (isImport ? module.types[module.functions[pending.func] ?? -1] : undefined);
  if (type === undefined) {
    throw new StateError(`pending: function ${pending.func} is not an import`);
  }
  const args = valuesToCarriers(type.params, pending.args, functions);
  if (typeof args === "string") throw new StateError(`pending: the call ${args}`);
  const expected = point?.results ?? type.results;
  if (expected.join() !== type.results.join()) {
    throw new StateError("pending: the call gives other results than the innermost frame waits for");
  }
  const open = pending.open === true;
  if (open && grow !== undefined) throw new StateError("pending: memory.grow is no open host call");
  return { ...pending, wake: grow === undefined ? Promise.resolve() : undefined, pagesWanted: 0, open };
}

function answeredFromImage(
  { program, functions }: FrameContext,
  pending: AnsweredCall,
  point: PointTypes | undefined,
): AnsweredCall {
  const { module } = program;
  const type = module.types[module.functions[pending.func] ?? -1];
  if (type === undefined || pending.func >= module.importedFunctions) {
    throw new StateError(`pending: function ${pending.func} is not an import`);
  }
  if (point !== undefined && point.results.join() !== type.results.join()) {
    throw new StateError("pending: the call gives other results than the innermost frame waits for");
  }
  const carriers = valuesToCarriers(type.results, pending.values, functions);
  if (typeof carriers === "string") throw new StateError(`pending: the answer ${carriers}`);
  return pending;
}
