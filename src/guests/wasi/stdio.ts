/**
 * Standard input with the one chunk of look-ahead that polling needs (it belongs to the process and is saved with it), and
 * writing to the two outputs.
 *
 * @module
 */
import type { InputStream, OutputStream, Wait } from "../../powers/index.ts";
import { isWait } from "../../powers/index.ts";

/** How much a poll takes out of the stream to learn that there is something. */
export const LOOKAHEAD_BYTES_MAX = 4096;

export class StandardInput {
  readonly #stream: InputStream;
  #ahead: Uint8Array;

  constructor(stream: InputStream, ahead: Uint8Array) {
    this.#stream = stream;
    this.#ahead = ahead;
  }

  get isTerminal(): boolean {
    return this.#stream.terminal === true;
  }

  /** How many bytes are there at least, 0 for the end of the input. */
  poll(): number | Wait {
    if (this.#ahead.length > 0) return this.#ahead.length;
    const answer = this.#stream.read(LOOKAHEAD_BYTES_MAX);
    if (answer === undefined) return 0;
    if (isWait(answer)) return answer;
    this.#ahead = answer;
    return answer.length;
  }

  read(bytesMax: number): Uint8Array | undefined | Wait {
    if (this.#ahead.length === 0) return this.#stream.read(bytesMax);
    const bytes = this.#ahead.subarray(0, bytesMax);
    this.#ahead = this.#ahead.subarray(bytes.length);
    return bytes;
  }

  save(): Uint8Array {
    return this.#ahead.slice();
  }
}

/** Writes as much as the stream takes: how many bytes, or when to try again if it took none. */
export function writeBuffers(stream: OutputStream, buffers: readonly Uint8Array[]): number | Wait {
  let written = 0;
  for (const buffer of buffers) {
    for (let at = 0; at < buffer.length; ) {
      const answer = stream.write(buffer.subarray(at));
      if (isWait(answer)) return written > 0 ? written : answer;
      at += answer;
      written += answer;
    }
  }
  return written;
}
