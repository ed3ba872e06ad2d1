import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { PIECE_BYTES, watchHeldBytes } from "./held-frames.ts";
import { BINARY, CONTINUATION, dialRaw, encodeFrame, PING, TEXT } from "./raw-websocket.conformance.ts";

const closing: (() => unknown)[] = [];

afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A raw client, and what the other side holds of its frames after each piece that it sends. */
async function connectPair(): Promise<{ send(piece: Uint8Array): Promise<number> }> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
  await once(server, "listening");
  const connected = once(server, "connection") as Promise<[WebSocket, IncomingMessage]>;
  const client = await dialRaw(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const [socket, request] = await connected;
  closing.push(
    () => client.destroy(),
    () => server.close(),
  );
  const stream: Socket = request.socket;
  let onHeld: (byteCount: number) => void = () => {};
  watchHeldBytes({ socket, stream, maskBytes: 4, onHeld: (byteCount) => onHeld(byteCount) });
  return {
    send(piece) {
      const { promise, resolve } = Promise.withResolvers<number>();
      onHeld = resolve;
      client.write(piece);
      return promise;
    },
  };
}

const binary = (byteLength: number): Buffer => encodeFrame({ opcode: BINARY, payload: new Uint8Array(byteLength) });

describe("what is held of frames", () => {
  it("is nothing of those that have come whole, of any length", async () => {
    const { send } = await connectPair();
    for (const byteLength of [0, 1, 125, 126, 1_000]) expect(await send(binary(byteLength))).toBe(0);
    expect(await send(encodeFrame({ opcode: TEXT, payload: Buffer.from("text") }))).toBe(0);
    expect(await send(encodeFrame({ opcode: PING, payload: Buffer.from("ping") }))).toBe(0);
    expect(await send(Buffer.concat([binary(5), binary(0), binary(200)]))).toBe(0);
  });

  it("is the part that is there, and what its pieces take, until the end comes", async () => {
    const { send } = await connectPair();
    const frame = binary(300);
    expect(await send(frame.subarray(0, 1))).toBe(1 + PIECE_BYTES);
    expect(await send(frame.subarray(1, 100))).toBe(100 + 2 * PIECE_BYTES);
    expect(await send(frame.subarray(100, 307))).toBe(307 + 3 * PIECE_BYTES);
    // With the end comes the beginning of the next.
    expect(await send(Buffer.concat([frame.subarray(307), frame.subarray(0, 50)]))).toBe(50 + PIECE_BYTES);
    expect(await send(frame.subarray(50))).toBe(0);
  });

  it("does not become less by what comes between the fragments of a frame, and is given back with the last", async () => {
    const { send } = await connectPair();
    const payload = new Uint8Array(100);
    expect(await send(encodeFrame({ opcode: BINARY, payload, isLast: false }))).toBe(106 + PIECE_BYTES);
    expect(await send(encodeFrame({ opcode: PING, payload }))).toBe(106 + 2 * PIECE_BYTES);
    expect(await send(encodeFrame({ opcode: CONTINUATION, payload, isLast: false }))).toBe(212 + 3 * PIECE_BYTES);
    // The headers of fragments cannot be told from data: what seems to be left is less than a piece, and does not add up.
    const last = encodeFrame({ opcode: CONTINUATION, payload: new Uint8Array(4) });
    expect(await send(last)).toBeLessThanOrEqual(last.length + PIECE_BYTES);
    for (let round = 0; round < 20; round += 1) {
      await send(encodeFrame({ opcode: BINARY, payload, isLast: false }));
      expect(await send(last)).toBeLessThanOrEqual(last.length + PIECE_BYTES);
    }
  });
});
