/**
 * A WebSocket client that sends its frames as it likes: parts of them, fragments, and nothing more.
 *
 * @module
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";

export const CONTINUATION = 0x0;
export const TEXT = 0x1;
export const BINARY = 0x2;
export const PING = 0x9;

/** A frame of a client's, with a mask of zeros. */
export function encodeFrame(init: {
  readonly opcode: number;
  readonly payload: Uint8Array;
  readonly isLast?: boolean;
}): Buffer {
  const { opcode, payload, isLast = true } = init;
  const { length } = payload;
  const first = opcode | (isLast ? 0x80 : 0);
  let header: Buffer;
  if (length <= 125) {
    header = Buffer.from([first, 0x80 | length]);
  } else if (length <= 0xffff) {
    header = Buffer.from([first, 0x80 | 126, length >> 8, length & 0xff]);
  } else {
    header = Buffer.alloc(10);
    header.set([first, 0x80 | 127]);
    header.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([header, Buffer.alloc(4), payload]);
}

/** What begins the protocol of WebSockets. */
export function upgradeRequest(host: string): string {
  const lines = ["GET / HTTP/1.1", `Host: ${host}`, "Connection: Upgrade", "Upgrade: websocket"];
  lines.push("Sec-WebSocket-Version: 13", `Sec-WebSocket-Key: ${Buffer.alloc(16).toString("base64")}`);
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** Connected, and speaking the protocol of WebSockets. What comes in is thrown away. */
export async function dialRaw(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  socket.on("error", () => {});
  socket.write(upgradeRequest(hostname));
  await once(socket, "data");
  socket.resume();
  return socket;
}
