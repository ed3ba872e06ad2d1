/**
 * Calls over a port, both ways: objects with methods are known to the other side by number.
 * @module
 */

import { KernelError, type KernelErrorCode } from "../errors.ts";
import type { Port } from "./port.ts";

/** Methods that the other side may call; arguments and results are what structured clones carry. */
export type Methods = { readonly [method: string]: (...args: never[]) => unknown };

/** Objects of one side that the other knows, at most: a bound against leaks, not against the other side, which is ours. */
export const LINK_OBJECTS_MAX = 1_000_000;

type Frame =
  | {
      readonly type: "call";
      readonly id: number;
      readonly object: number;
      readonly method: string;
      readonly args: readonly unknown[];
    }
  | { readonly type: "tell"; readonly object: number; readonly method: string; readonly args: readonly unknown[] }
  | { readonly type: "return"; readonly id: number; readonly value: unknown }
  | {
      readonly type: "throw";
      readonly id: number;
      readonly name: string;
      readonly code: string | undefined;
      readonly message: string;
    };

interface Pending {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

export class Link {
  readonly #port: Port;
  readonly #objects = new Map<number, Methods>();
  readonly #pending = new Map<number, Pending>();
  #nextObject = 1;
  #nextCall = 1;
  #closed: Error | undefined;

  /** `root` is object 0, what the other side can call first. */
  constructor(port: Port, root: Methods) {
    this.#port = port;
    this.#objects.set(0, root);
    port.onMessage((frame) => this.#receive(frame as Frame));
  }

  /** Makes an object callable by the other side. */
  export(methods: Methods): number {
    if (this.#objects.size >= LINK_OBJECTS_MAX)
      throw new KernelError("limit", `link: more than ${LINK_OBJECTS_MAX} objects`);
    const number = this.#nextObject++;
    this.#objects.set(number, methods);
    return number;
  }

  drop(number: number): void {
    this.#objects.delete(number);
  }

  call(object: number, method: string, ...args: readonly unknown[]): Promise<unknown> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    const id = this.#nextCall++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      try {
        this.#port.post({ type: "call", id, object, method, args } satisfies Frame);
      } catch (error) {
        // No clone carries the arguments, so nobody will answer.
        this.#pending.delete(id);
        reject(error);
      }
    });
  }

  /** The same, where nobody wants to know what comes of it. */
  tell(object: number, method: string, ...args: readonly unknown[]): void {
    if (this.#closed === undefined) this.#port.post({ type: "tell", object, method, args } satisfies Frame);
  }

  /** Everything under way fails; nothing is sent any more. */
  close(reason: Error): void {
    if (this.#closed !== undefined) return;
    this.#closed = reason;
    for (const pending of this.#pending.values()) pending.reject(reason);
    this.#pending.clear();
    this.#port.close();
  }

  #receive(frame: Frame): void {
    if (frame.type === "call") {
      void this.#answer(frame);
      return;
    }
    if (frame.type === "tell") {
      void this.#run(frame).catch(() => {});
      return;
    }
    const pending = this.#pending.get(frame.id);
    this.#pending.delete(frame.id);
    if (frame.type === "return") pending?.resolve(frame.value);
    else pending?.reject(revive(frame));
  }

  async #answer(frame: Frame & { readonly type: "call" }): Promise<void> {
    try {
      const value = await this.#run(frame);
      this.#reply({ type: "return", id: frame.id, value });
    } catch (error) {
      // Also of an answer that no clone carries.
      this.#reply({ type: "throw", id: frame.id, ...describe(error) });
    }
  }

  #reply(reply: Frame): void {
    if (this.#closed === undefined) this.#port.post(reply);
  }

  async #run(frame: Frame & { readonly type: "call" | "tell" }): Promise<unknown> {
    const methods = this.#objects.get(frame.object);
    const method = methods !== undefined && Object.hasOwn(methods, frame.method) ? methods[frame.method] : undefined;
    if (method === undefined)
      throw new KernelError("state", `link: no method ${frame.method} of object ${frame.object}`);
    return method(...(frame.args as never[]));
  }
}

function describe(error: unknown): {
  readonly name: string;
  readonly code: string | undefined;
  readonly message: string;
} {
  if (!(error instanceof Error)) return { name: "Error", code: undefined, message: textOf(error) };
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  return { name: textOf(error.name), code, message: textOf(error.message) };
}

/** Anything can be thrown. */
function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return "a value without a text";
  }
}

/** Errors keep their name, code and message over the port; stacks stay where they arose. */
function revive(frame: Frame & { readonly type: "throw" }): Error {
  if (frame.name === "KernelError") return new KernelError(frame.code as KernelErrorCode, frame.message);
  const error =
    frame.name === "RangeError"
      ? new RangeError(frame.message)
      : frame.name === "TypeError"
        ? new TypeError(frame.message)
        : new Error(frame.message);
  error.name = frame.name;
  return frame.code === undefined ? error : Object.assign(error, { code: frame.code });
}
