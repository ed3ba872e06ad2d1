/**
 * What waits to be sent: messages go in, chunks of a bounded size come out.
 *
 * @module
 */

/** Pieces. */
const FORGET_AFTER = 1024;

/** Every chunk costs an encryption and a few system calls, so small messages share one, and large ones are split. */
export class SendQueue {
  #pieces: Uint8Array[] = [];
  /** Of the first piece that is not yet taken in full. */
  #index = 0;
  /** Bytes of it that are taken. */
  #taken = 0;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  add(messages: readonly Uint8Array[]): void {
    for (const message of messages) {
      if (message.length === 0) continue;
      this.#pieces.push(message);
      this.#bytes += message.length;
    }
  }

  /** At most `bytesMax` bytes, as many as there are. Copies only what it joins. */
  take(bytesMax: number): Uint8Array {
    const length = Math.min(bytesMax, this.#bytes);
    const first = this.#pieces[this.#index];
    if (first !== undefined && first.length - this.#taken >= length) return this.#takePiece(length);
    const chunk = new Uint8Array(length);
    for (let filled = 0; filled < length; ) {
      const piece = this.#takePiece(length - filled);
      chunk.set(piece, filled);
      filled += piece.length;
    }
    return chunk;
  }

  clear(): void {
    this.#pieces = [];
    this.#index = 0;
    this.#taken = 0;
    this.#bytes = 0;
  }

  #takePiece(bytesMax: number): Uint8Array {
    const piece = this.#pieces[this.#index] ?? new Uint8Array();
    const end = Math.min(this.#taken + bytesMax, piece.length);
    const taken = piece.subarray(this.#taken, end);
    this.#bytes -= taken.length;
    if (end < piece.length) this.#taken = end;
    else {
      this.#taken = 0;
      this.#index += 1;
      this.#forget();
    }
    return taken;
  }

  /** Lets go of what was taken, now and then: a queue that is never empty would keep all. */
  #forget(): void {
    if (this.#index < this.#pieces.length && this.#index < FORGET_AFTER) return;
    this.#pieces.splice(0, this.#index);
    this.#index = 0;
  }
}
