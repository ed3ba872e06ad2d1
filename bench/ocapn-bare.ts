/**
 * What loopback allows: frames over TCP that the other side sends back, with no values, references or answers to keep. Nothing that
 * does more can be faster.
 *
 * @module
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { Client, System } from "./ocapn-system.ts";

const HEADER_BYTES = 4;

function send(socket: Socket, payload: Uint8Array): void {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(payload.length);
  socket.write(Buffer.concat([header, payload]));
}

/** Writes of one turn leave together, as in any system that wants to be fast. */
function corked(socket: Socket): () => void {
  let isCorked = false;
  return () => {
    if (isCorked) return;
    isCorked = true;
    socket.cork();
    process.nextTick(() => {
      isCorked = false;
      socket.uncork();
    });
  };
}

function receive(socket: Socket, take: (payload: Buffer) => void): void {
  let pending: Buffer[] = [];
  let size = 0;
  socket.on("data", (chunk: Buffer) => {
    pending.push(chunk);
    size += chunk.length;
    if (pending[0]!.length >= HEADER_BYTES && size < HEADER_BYTES + pending[0]!.readUInt32LE()) return;
    let all = pending.length === 1 ? chunk : Buffer.concat(pending);
    while (all.length >= HEADER_BYTES && all.length >= HEADER_BYTES + all.readUInt32LE()) {
      const end = HEADER_BYTES + all.readUInt32LE();
      take(all.subarray(HEADER_BYTES, end));
      all = all.subarray(end);
    }
    pending = all.length === 0 ? [] : [all];
    size = all.length;
  });
}

function makeClient(socket: Socket): Client {
  const waiting: ((payload: Buffer) => void)[] = [];
  let answered = 0;
  const cork = corked(socket);
  receive(socket, (payload) => {
    const resolve = waiting[answered++]!;
    if (answered === waiting.length) {
      waiting.length = 0;
      answered = 0;
    }
    resolve(payload);
  });
  const ask = (payload: Uint8Array): Promise<Buffer> => {
    cork();
    send(socket, payload);
    return new Promise((resolve) => waiting.push(resolve));
  };
  const increment = async (n: number): Promise<number> => {
    const number = Buffer.alloc(8);
    number.writeDoubleLE(n + 1);
    return (await ask(number)).readDoubleLE();
  };
  return {
    increment,
    async echo<T extends string | Uint8Array>(value: T): Promise<T> {
      if (typeof value !== "string") return (await ask(value)) as Uint8Array as T;
      return (await ask(Buffer.from(value))).toString() as T;
    },
    chain(depth) {
      for (let step = 0; step < depth - 2; step++) void increment(step);
      return increment(depth - 2);
    },
    close: () => void socket.destroy(),
  };
}

export const bare: System = {
  name: "TCP alone",
  takesBytes: true,
  async serve() {
    const server = createServer((socket) => {
      socket.setNoDelay(true);
      const cork = corked(socket);
      receive(socket, (payload) => {
        cork();
        send(socket, payload);
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return String((server.address() as AddressInfo).port);
  },
  async connect(address) {
    const socket = connect(Number(address), "127.0.0.1");
    socket.setNoDelay(true);
    await once(socket, "connect");
    return makeClient(socket);
  },
};
