/**
 * What references need of the session they came by.
 *
 * @module
 */

import type { Target } from "../codecs/fields.ts";
import type { Step } from "../eventual/handler.ts";
import type { RemotePromise } from "./remote-promise.ts";

/** Where a message goes on the wire. */
export type Route = Target;

export interface Sender {
  /** Nothing that is sent arrives any more. */
  readonly isOver: boolean;
  /** A message and a promise for its answer, which can be sent to at once. Never throws: what cannot be sent is a rejected promise. */
  ask(route: Route, args: readonly unknown[]): Promise<unknown>;
  tell(route: Route, args: readonly unknown[]): void;
  step(route: Route, step: Step): Promise<unknown>;
  /** The promise is settled: it waits for nothing any more. */
  settled(remote: RemotePromise): void;
  /** This side does not use the promise there any more. */
  release(route: Route): void;
  /** Whether messages that come to this value through the peer do not stay there. */
  isElsewhere(value: unknown): boolean;
}
