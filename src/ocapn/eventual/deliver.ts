/**
 * Delivers one message, wherever its target is: to a session, when the target is far; to the promise's value, later; to the object itself.
 *
 * @module
 */

import { farName, isCapability, isSelector, ownStyle } from "../../passable/index.ts";
import { Bridge } from "../bridge/bridge.ts";
import { callCapability, tellCapability } from "../bridge/call-capability.ts";
import { type Handler, handlerOf, type Step } from "./handler.ts";
import { quiet as quietValue } from "./reactions.ts";

/** Of a name in an error, in UTF-16 units. */
const NAME_SHOWN_MAX = 64;

/** What the target returns, which may be a promise. Throws what the target throws. Local objects are called at once. */
export function deliver(target: unknown, args: readonly unknown[]): unknown {
  const handler = handlerOf(target);
  if (handler !== undefined) return handler.call(args);
  if (target instanceof Promise) return target.then((value) => deliver(value, args));
  if (typeof target === "function") return target(...args);
  if (farName(target) !== undefined) return callMethod(target as object, args);
  if (isCapability(target)) return callCapability(BRIDGE, target, args);
  quietValue(args);
  throw new TypeError(`target: expected an object that takes messages, got ${describe(target)}`);
}

/** The same in a turn of its own, as messages to far objects arrive. What is sent to a promise is in line with whoever waits for it. */
export function send(target: unknown, args: readonly unknown[]): Promise<unknown> {
  const handler = handlerOf(target);
  if (handler !== undefined) return handler.call(args);
  if (target instanceof Promise) return quiet(target.then((value) => deliver(value, args)));
  return quiet(Promise.resolve().then(() => deliver(target, args)));
}

/** The same for whom nobody waits: what the target throws is lost. */
export function sendOnly(target: unknown, args: readonly unknown[]): void {
  const handler = handlerOf(target);
  if (handler !== undefined) handler.tell(args);
  else if (target instanceof Promise) target.then((value) => deliverOnly(value, args), ignore);
  else queueMicrotask(() => deliverOnly(target, args));
}

function deliverOnly(target: unknown, args: readonly unknown[]): void {
  const handler = handlerOf(target);
  if (handler !== undefined) {
    handler.tell(args);
    return;
  }
  try {
    if (isCapability(target)) {
      tellCapability(BRIDGE, target, args);
      return;
    }
    const result = deliver(target, args);
    if (result instanceof Promise) result.catch(ignore);
  } catch {
    // Nobody asked.
  }
}

/** A part of what the target is, or comes to. */
export function sendStep(target: unknown, step: Step): Promise<unknown> {
  const handler = handlerOf(target);
  if (handler !== undefined) return handler.step(step);
  if (target instanceof Promise) return quiet(target.then((value) => takeStep(value, step)));
  return quiet(Promise.resolve().then(() => takeStep(target, step)));
}

/** A part of a settled value. */
export function takeStep(target: unknown, step: Step): unknown {
  const handler: Handler | undefined = handlerOf(target);
  if (handler !== undefined) return handler.step(step);
  if (target instanceof Promise) return target.then((value) => takeStep(value, step));
  // Not a look at all that is in it: peers ask for parts of large values again and again.
  const style = ownStyle(target) ?? typeof target;
  switch (step.op) {
    case "get":
      if (style !== "copyRecord" || !Object.hasOwn(target as object, step.fieldName)) {
        throw new TypeError(`get: expected a struct with a field ${quote(step.fieldName)}, got ${style}`);
      }
      return Reflect.get(target as object, step.fieldName);
    case "index":
      if (style !== "copyArray" || step.index >= (target as readonly unknown[]).length) {
        throw new TypeError(`index: expected a list with more than ${step.index} items, got ${style}`);
      }
      return (target as readonly unknown[])[step.index];
    case "untag": {
      const tagged = target as { readonly tag: string; readonly payload: unknown };
      if (style !== "tagged" || tagged.tag !== step.tag) {
        throw new TypeError(`untag: expected a value tagged ${quote(step.tag)}, got ${style}`);
      }
      return tagged.payload;
    }
    default:
      return step satisfies never;
  }
}

function callMethod(target: object, args: readonly unknown[]): unknown {
  const [selector, ...rest] = args;
  // By the model a method's name is a symbol; peers that know only strings are understood too.
  const name = isSelector(selector) ? selector.name : selector;
  const method = typeof name === "string" ? methodOf(target, name) : undefined;
  if (method === undefined) {
    throw new TypeError(`${farName(target)}: no method ${typeof name === "string" ? quote(name) : describe(name)}`);
  }
  return Reflect.apply(method, target, rest);
}

/** Its own methods and those of its classes; never those that every object has. */
function methodOf(target: object, name: string): ((...args: readonly unknown[]) => unknown) | undefined {
  if (name === "constructor") return undefined;
  for (let holder: object | null = target; holder !== null && holder !== Object.prototype; ) {
    if (Object.hasOwn(holder, name)) {
      const method: unknown = Reflect.get(holder, name, target);
      return typeof method === "function" ? (method as (...args: readonly unknown[]) => unknown) : undefined;
    }
    holder = Object.getPrototypeOf(holder);
  }
  return undefined;
}

function describe(value: unknown): string {
  return ownStyle(value) ?? typeof value;
}

/** Peers choose it, and it goes back to them. */
function quote(name: string): string {
  return JSON.stringify(name.length > NAME_SHOWN_MAX ? `${name.slice(0, NAME_SHOWN_MAX)}…` : name);
}

/**
 * What breaks far away stops nobody who does not look. Nor does what breaks here: a peer may have passed data where an object was expected, and
 * must not end the program by that.
 */
function quiet(promise: Promise<unknown>): Promise<unknown> {
  promise.catch(ignore);
  return promise;
}

function ignore(): void {}

/** Between references and capabilities: one for all, so that both keep their identity. */
export const BRIDGE: Bridge = new Bridge({ send, sendOnly, sendStep });
