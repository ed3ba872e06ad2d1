/**
 * `Event`, `EventTarget`, `CustomEvent`, `AbortController` and `AbortSignal`, as far as there is no tree of nodes that events travel through.
 *
 * @module
 */

type Listener = ((event: Event) => void) | { handleEvent(event: Event): void };
type ListenerOptions = boolean | { readonly once?: boolean; readonly signal?: AbortSignal };

export class Event {
  readonly type: string;
  readonly cancelable: boolean;
  readonly bubbles = false;
  readonly timeStamp: number = performance.now();
  target: EventTarget | null = null;
  currentTarget: EventTarget | null = null;
  defaultPrevented = false;
  isStopped = false;

  constructor(type: string, init: { readonly cancelable?: boolean } = {}) {
    this.type = String(type);
    this.cancelable = init.cancelable === true;
  }
  preventDefault(): void {
    this.defaultPrevented ||= this.cancelable;
  }
  stopImmediatePropagation(): void {
    this.isStopped = true;
  }
  stopPropagation(): void {}
}

export class CustomEvent extends Event {
  readonly detail: unknown;

  constructor(type: string, init: { readonly cancelable?: boolean; readonly detail?: unknown } = {}) {
    super(type, init);
    this.detail = init.detail ?? null;
  }
}

export class EventTarget {
  readonly #listeners = new Map<string, Map<Listener, boolean>>();

  addEventListener(type: string, listener: Listener | null, options: ListenerOptions = {}): void {
    const { once = false, signal } = typeof options === "object" ? options : {};
    if (listener === null || signal?.aborted === true) return;
    const listeners = this.#listeners.get(type) ?? new Map<Listener, boolean>();
    this.#listeners.set(type, listeners);
    if (!listeners.has(listener)) listeners.set(listener, once);
    signal?.addEventListener("abort", () => this.removeEventListener(type, listener), { once: true });
  }
  removeEventListener(type: string, listener: Listener | null): void {
    if (listener !== null) this.#listeners.get(type)?.delete(listener);
  }
  dispatchEvent(event: Event): boolean {
    event.target = event.currentTarget = this;
    const handler: unknown = Reflect.get(this, `on${event.type}`);
    const listeners = [...(this.#listeners.get(event.type) ?? [])];
    if (typeof handler === "function") listeners.push([(it) => handler.call(this, it), false]);
    for (const [listener, once] of listeners) {
      if (event.isStopped) break;
      if (once) this.removeEventListener(event.type, listener);
      try {
        if (typeof listener === "function") listener.call(this, event);
        else listener.handleEvent(event);
      } catch (error) {
        // One listener's error is no concern of the others, nor of whoever dispatches.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
    event.currentTarget = null;
    return !event.defaultPrevented;
  }
}

const abortError = (): Error => new DOMException("This operation was aborted", "AbortError");
/** Aborts a signal: for the classes below only. */
let abortNow: (signal: AbortSignal, reason?: unknown) => void;

export class AbortSignal extends EventTarget {
  aborted = false;
  reason: unknown = undefined;
  onabort: ((event: Event) => void) | null = null;

  static {
    abortNow = (signal, reason) => signal.#abort(reason);
  }

  static abort(reason?: unknown): AbortSignal {
    const signal = new AbortSignal();
    abortNow(signal, reason);
    return signal;
  }
  static timeout(delayMs: number): AbortSignal {
    const signal = new AbortSignal();
    setTimeout(
      () => abortNow(signal, new DOMException("The operation was aborted due to timeout", "TimeoutError")),
      delayMs,
    );
    return signal;
  }
  static any(signals: Iterable<AbortSignal>): AbortSignal {
    const signal = new AbortSignal();
    for (const source of signals) {
      if (source.aborted) abortNow(signal, source.reason);
      else source.addEventListener("abort", () => abortNow(signal, source.reason), { once: true });
    }
    return signal;
  }
  throwIfAborted(): void {
    if (this.aborted) throw this.reason;
  }
  #abort(reason: unknown = abortError()): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    this.dispatchEvent(new Event("abort"));
  }
}

export class AbortController {
  readonly signal: AbortSignal = new AbortSignal();

  abort(reason?: unknown): void {
    abortNow(this.signal, reason);
  }
}
