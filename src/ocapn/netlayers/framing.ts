/**
 * Messages on a stream of bytes: one after another, or each with its length in front as `<length>:<message>`. That framing is the
 * consensus of implementations since April 2026 and in no draft yet; the conformance suite still uses none.
 *
 * @module
 */

import { OcapnError } from "../errors.ts";
import { FRAME_BYTES_MAX } from "../limits.ts";

const COLON = 0x3a;
const ZERO = 0x30;
const NINE = 0x39;

/** All in one piece; without a copy where they lie one after another in memory, as a session's do. */
export function joinMessages(messages: readonly Uint8Array[]): Uint8Array {
  const first = messages[0];
  if (first === undefined) return new Uint8Array(0);
  let length = 0;
  let isContiguous = true;
  for (const message of messages) {
    isContiguous &&= message.buffer === first.buffer && message.byteOffset === first.byteOffset + length;
    length += message.length;
  }
  if (isContiguous) return new Uint8Array(first.buffer, first.byteOffset, length);
  const joined = new Uint8Array(length);
  let at = 0;
  for (const message of messages) {
    joined.set(message, at);
    at += message.length;
  }
  return joined;
}

/** In one piece, each with its length in front. */
export function frameMessages(messages: readonly Uint8Array[]): Uint8Array {
  const prefixes = messages.map((message) => `${message.length}:`);
  const length = messages.reduce((sum, message, index) => sum + message.length + (prefixes[index] as string).length, 0);
  const framed = new Uint8Array(length);
  let at = 0;
  messages.forEach((message, index) => {
    const prefix = prefixes[index] as string;
    for (let digit = 0; digit < prefix.length; digit += 1) framed[at++] = prefix.charCodeAt(digit);
    framed.set(message, at);
    at += message.length;
  });
  return framed;
}

/**
 * Takes the lengths out of a stream: gives what is left of each chunk, in the chunk's own memory, so it holds nothing. Throws an
 * `OcapnError` for what is no frame, or too long; then the stream is of no use any more.
 */
export function makeDeframer(): (chunk: Uint8Array) => Uint8Array {
  let digits = 0;
  let length = 0;
  /** Of the frame. */
  let left = 0;
  return (chunk) => {
    let end = 0;
    for (let at = 0; at < chunk.length; ) {
      if (left > 0) {
        const count = Math.min(left, chunk.length - at);
        if (at !== end) chunk.copyWithin(end, at, at + count);
        end += count;
        at += count;
        left -= count;
        continue;
      }
      const byte = chunk[at++]!;
      if (byte >= ZERO && byte <= NINE && !(digits === 1 && length === 0)) {
        digits += 1;
        length = length * 10 + byte - ZERO;
        if (length > FRAME_BYTES_MAX) throw new OcapnError("limit", `frame: longer than ${FRAME_BYTES_MAX} bytes`);
      } else if (byte === COLON && digits > 0) {
        left = length;
        digits = 0;
        length = 0;
      } else {
        throw new OcapnError("malformed", `frame: expected <length>: in decimal, got the byte ${byte}`);
      }
    }
    return chunk.subarray(0, end);
  };
}
