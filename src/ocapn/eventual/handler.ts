/**
 * Who carries the messages for a reference: a session, for what it imported. Kept beside the references, so that nobody can pass off an
 * object of theirs as a far reference.
 *
 * @module
 */

/** A way into the settled value of a promise, without fetching all of it (`op:get`, `op:index`, `op:untag`). */
export type Step =
  | { readonly op: "get"; readonly fieldName: string }
  | { readonly op: "index"; readonly index: number }
  | { readonly op: "untag"; readonly tag: string };

/** Arguments are as on the wire: where a method is called, its name comes first, as a `Selector`. None of these throws. */
export interface Handler {
  call(args: readonly unknown[]): Promise<unknown>;
  /** Wants no answer, and learns of no failure. */
  tell(args: readonly unknown[]): void;
  step(step: Step): Promise<unknown>;
}

const handlers = new WeakMap<object, Handler>();

export function setHandler(reference: object, handler: Handler): void {
  handlers.set(reference, handler);
}

/** Undefined for what is local: objects, data, and promises that no session knows. */
export function handlerOf(reference: unknown): Handler | undefined {
  if ((typeof reference !== "object" && typeof reference !== "function") || reference === null) return undefined;
  return handlers.get(reference);
}
