/**
 * Cap'n Web over a WebSocket of `ws` on both sides, as its documentation shows for Node.
 *
 * @module
 */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { newWebSocketRpcSession, RpcTarget } from "capnweb";
import { WebSocket, WebSocketServer } from "ws";
import type { Client, System } from "./ocapn-system.ts";

class Counter extends RpcTarget {
  readonly #count: number;

  constructor(count: number) {
    super();
    this.#count = count;
  }

  increment(n: number): number {
    return n + 1;
  }

  echo<T extends string | Uint8Array>(value: T): T {
    return value;
  }

  next(): Counter {
    return new Counter(this.#count + 1);
  }

  value(): number {
    return this.#count;
  }
}

/** What its proxies can do, without the many types of its own. */
interface Stub extends PromiseLike<Stub>, Disposable {
  increment(n: number): PromiseLike<number>;
  echo<T>(value: T): PromiseLike<T>;
  next(): Stub;
  value(): PromiseLike<number>;
}

function makeClient(stub: Stub): Client {
  return {
    increment: (n) => stub.increment(n),
    echo: (value) => stub.echo(value),
    async chain(depth) {
      const steps: Stub[] = [stub];
      while (steps.length < depth) steps.push(steps.at(-1)!.next());
      const answer = await steps.at(-1)!.value();
      // The caller disposes of what it was given, or the server keeps it.
      for (const step of steps.slice(1)) step[Symbol.dispose]();
      return answer;
    },
    close: () => stub[Symbol.dispose](),
  };
}

export const capnweb: System = {
  name: "capnweb",
  takesBytes: true,
  async serve() {
    const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
    await once(server, "listening");
    server.on("connection", (socket) => {
      newWebSocketRpcSession(socket as unknown as globalThis.WebSocket, new Counter(0));
    });
    return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  },
  async connect(address) {
    const socket = new WebSocket(address);
    return makeClient(newWebSocketRpcSession(socket as unknown as globalThis.WebSocket) as unknown as Stub);
  },
};
