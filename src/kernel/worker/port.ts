/**
 * The channel between a host's thread and the thread that runs its processes: anything that carries structured clones in order.
 * @module
 */

export interface Port {
  post(message: unknown): void;
  /** Called once, before anything can arrive. */
  onMessage(handler: (message: unknown) => void): void;
  close(): void;
}

/** What workers, their global scope and message ports of the web have in common. */
export interface WebEndpoint {
  postMessage(message: unknown): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  start?(): void;
  terminate?(): void;
  close?(): void;
}

export function makeWebPort(endpoint: WebEndpoint): Port {
  return Object.freeze({
    post: (message: unknown) => endpoint.postMessage(message),
    onMessage(handler: (message: unknown) => void): void {
      endpoint.addEventListener("message", (event) => handler(event.data));
      endpoint.start?.();
    },
    close(): void {
      if (endpoint.terminate !== undefined) endpoint.terminate();
      else endpoint.close?.();
    },
  });
}
