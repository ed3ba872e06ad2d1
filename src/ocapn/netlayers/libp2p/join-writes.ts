/**
 * Joins what libp2p writes in one go. Noise hands over each encrypted frame in pieces (a length of two bytes, then the rest), and yamux
 * answers each frame with another; every piece would be a system call, or a WebSocket message, of its own.
 *
 * @module
 */

import type { ConnectionProtector, MessageStream } from "@libp2p/interface";
import { WRITE_BYTES_MAX } from "./limits.ts";
import { SendQueue } from "./send-queue.ts";

/**
 * For `createLibp2p`: a protector sees each connection before it is encrypted. Measured on 2026-11-26: 97 instead of 215 microseconds
 * of processor time for 100 bytes there and back, both ends together.
 */
export function joinWrites(): ConnectionProtector {
  return {
    async protect(connection: MessageStream): Promise<MessageStream> {
      const send = connection.send.bind(connection);
      const close = connection.close.bind(connection);
      const waiting = new SendQueue();
      const flush = (): void => {
        if (waiting.bytes === 0) return;
        try {
          send(waiting.take(waiting.bytes));
        } catch {
          // The connection has ended meanwhile, which its event tells.
        }
      };
      connection.send = (bytes) => {
        if (waiting.bytes + bytes.byteLength > WRITE_BYTES_MAX) flush();
        if (bytes.byteLength > WRITE_BYTES_MAX) return send(bytes);
        if (waiting.bytes === 0) queueMicrotask(flush);
        waiting.add(bytes instanceof Uint8Array ? [bytes] : [...bytes]);
        return !connection.writableNeedsDrain;
      };
      connection.close = (options) => {
        flush();
        return close(options);
      };
      return connection;
    },
  };
}
