/**
 * What the package `ws` holds of a frame that has not come whole. It does not say so itself: this counts what came in, less what it handed on.
 *
 * @module
 */
import type { Socket } from "node:net";
import type { WebSocket } from "ws";

/** What a piece of data takes in memory beside its bytes: frames can come byte by byte. */
export const PIECE_BYTES = 256;

const LENGTH_IN_HEADER_MAX = 125;
const SHORT_LENGTH_MAX = 65_535;

/** Call it when the socket is open. What clients send has a mask in front of it, of four bytes. */
export function watchHeldBytes(init: {
  readonly socket: WebSocket;
  readonly stream: Socket;
  readonly maskBytes: number;
  onHeld(byteCount: number): void;
}): void {
  const { socket, stream, maskBytes, onHeld } = init;
  let bytes = 0;
  let pieces = 0;
  let hasEnded = false;
  const take = (payload: { readonly byteLength: number }): void => {
    const { byteLength } = payload;
    bytes -= 2 + lengthBytes(byteLength) + maskBytes + byteLength;
  };
  socket.on("ping", take);
  socket.on("pong", take);
  socket.on("message", (data) => {
    take(data as ArrayBuffer | Buffer);
    hasEnded = true;
  });
  // After `ws` has had it, whose listener was there before.
  stream.on("data", ({ length }: Buffer) => {
    bytes = Math.max(0, bytes + length);
    pieces = bytes === 0 ? 0 : pieces + 1;
    if (hasEnded && bytes > 0) {
      // What is held came with this piece. Headers of fragments cannot be seen, and would add up.
      bytes = Math.min(bytes, length);
      pieces = 1;
    }
    hasEnded = false;
    onHeld(bytes + pieces * PIECE_BYTES);
  });
}

function lengthBytes(byteLength: number): number {
  if (byteLength <= LENGTH_IN_HEADER_MAX) return 0;
  return byteLength <= SHORT_LENGTH_MAX ? 2 : 8;
}
