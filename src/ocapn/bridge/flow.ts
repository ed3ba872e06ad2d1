/**
 * What guests may have under way to one peer. The session is shared by all who hold references of that peer, and ends when too much waits in
 * it; so those who do not know of each other must not come near to that.
 *
 * @module
 */

import { BRIDGE_BYTES_MAX, BRIDGE_CALLS_MAX, BRIDGE_TOLD_BYTES_MAX } from "../limits.ts";

/** A message without its bytes takes room, too. */
const MESSAGE_OVERHEAD_BYTES = 64;

export class Flow {
  #calls = 0;
  #bytes = 0;
  #told = 0;

  /** May one more call be under way? */
  enter(byteLength: number): boolean {
    if (this.#calls >= BRIDGE_CALLS_MAX || this.#bytes + byteLength > BRIDGE_BYTES_MAX) return false;
    this.#calls++;
    this.#bytes += byteLength;
    return true;
  }

  leave(byteLength: number): void {
    this.#calls--;
    this.#bytes -= byteLength;
    // Messages are delivered in their order: what was told before has arrived.
    this.#told = 0;
  }

  /** May one more message go out that is not answered? Else it must be a call. */
  tell(byteLength: number): boolean {
    if (this.#told + byteLength + MESSAGE_OVERHEAD_BYTES > BRIDGE_TOLD_BYTES_MAX) return false;
    this.#told += byteLength + MESSAGE_OVERHEAD_BYTES;
    return true;
  }
}

const flows = new WeakMap<object, Flow>();

/** To the peer of a session; what is on this side has no limit but those of its callers. */
export function flowTo(session: object | undefined): Flow {
  if (session === undefined) return new Flow();
  let flow = flows.get(session);
  if (flow === undefined) {
    flow = new Flow();
    flows.set(session, flow);
  }
  return flow;
}
