/**
 * Capabilities as targets of OCapN: exports of guests, powers, whatever a host has made.
 *
 * @module
 */

import { BrokenError, type Capability, isSelector, type Message } from "../../passable/index.ts";
import type { Bridge } from "./bridge.ts";

/** What the capability answers, which may be a promise. Throws what it throws, or a `BrokenError`. */
export function callCapability(bridge: Bridge, capability: Capability, args: readonly unknown[]): unknown {
  const message = messageOf(bridge, args);
  const answer = guarded(() => capability.receive(message));
  return answer instanceof Promise ? answer.then((settled) => bridge.valueOf(settled), fault) : bridge.valueOf(answer);
}

/** The same where nobody wants the answer. */
export function tellCapability(bridge: Bridge, capability: Capability, args: readonly unknown[]): void {
  const message = messageOf(bridge, args);
  if (capability.receiveOnly !== undefined) {
    capability.receiveOnly(message);
    return;
  }
  const answer = capability.receive(message);
  if (answer instanceof Promise) answer.catch(() => {});
}

/** By the model a method's name is a symbol in front of the arguments; in messages it is a string, or null where there is none. */
function messageOf(bridge: Bridge, args: readonly unknown[]): Message {
  const [selector, ...rest] = args;
  return bridge.write(isSelector(selector) ? [selector.name, ...rest] : [null, ...args]);
}

function guarded<T>(run: () => T): T {
  try {
    return run();
  } catch {
    return fault();
  }
}

/** Whoever called is told that the host failed, not how. */
function fault(): never {
  throw new BrokenError("fault", "fault: the host failed while it answered");
}
