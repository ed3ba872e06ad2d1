/**
 * The byte stream powers and their in-memory implementations. Both sides are synchronous and say "wait" instead of
 * blocking, so that a guest that waits can be parked and frozen.
 *
 * @module
 */
import { PowerError } from "./errors.ts";

/** Not now. `wake` settles when it is worth trying again; it may settle early. */
export interface Wait {
  readonly wake: Promise<unknown>;
}

export interface InputStream {
  /** Whether a person types here: programs choose their buffering and their colours by it. */
  readonly terminal?: boolean;
  /** At least one and at most `bytesMax` bytes, or undefined at the end (then and always after). The bytes are the caller's. */
  read(bytesMax: number): Uint8Array | undefined | Wait;
}

export interface OutputStream {
  readonly terminal?: boolean;
  /**
   * How many of the bytes were taken: at least one, else a wait (back-pressure). No bytes given asks whether any would be
   * taken: 0 is yes. The callee must copy what it keeps: `bytes` may be a window on a guest's memory.
   */
  write(bytes: Uint8Array): number | Wait;
}

export function isWait(answer: Uint8Array | number | undefined | Wait): answer is Wait {
  return typeof answer === "object" && "wake" in answer;
}

/** At its end from the start. */
export const emptyInput: InputStream = Object.freeze({ read: () => undefined });

/** Takes everything and keeps nothing. */
export const discardOutput: OutputStream = Object.freeze({ write: (bytes: Uint8Array) => bytes.length });

export function makeBytesInput(source: Uint8Array | string): InputStream {
  const bytes = typeof source === "string" ? new TextEncoder().encode(source) : source.slice();
  let position = 0;
  return Object.freeze({
    read(bytesMax: number): Uint8Array | undefined {
      if (position === bytes.length) return undefined;
      const chunk = bytes.slice(position, position + bytesMax);
      position += chunk.length;
      return chunk;
    },
  });
}

export interface QueueInput extends InputStream {
  push(bytes: Uint8Array | string): void;
  end(): void;
}

/** How much a queue holds before `push` refuses: a host that feeds a guest must mind what the guest has not read. */
export const QUEUE_BYTES_MAX: number = 16 << 20;

/** An input that the host feeds while the guest runs. */
export function makeQueueInput(options: { readonly bytesMax?: number } = {}): QueueInput {
  const bytesMax = options.bytesMax ?? QUEUE_BYTES_MAX;
  const chunks: Uint8Array[] = [];
  let queuedBytes = 0;
  let ended = false;
  let waiting = Promise.withResolvers<void>();
  const wakeUp = (): void => {
    waiting.resolve();
    waiting = Promise.withResolvers<void>();
  };
  return Object.freeze({
    read(readBytesMax: number): Uint8Array | undefined | Wait {
      const first = chunks.shift();
      if (first === undefined) return ended ? undefined : { wake: waiting.promise };
      if (first.length > readBytesMax) chunks.unshift(first.subarray(readBytesMax));
      const chunk = first.slice(0, readBytesMax);
      queuedBytes -= chunk.length;
      return chunk;
    },
    push(bytes: Uint8Array | string): void {
      if (ended) throw new PowerError("broken-pipe", "the input was ended");
      const chunk = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes.slice();
      if (queuedBytes + chunk.length > bytesMax)
        throw new PowerError("no-space", `the input holds ${bytesMax} bytes at most`);
      if (chunk.length === 0) return;
      queuedBytes += chunk.length;
      chunks.push(chunk);
      wakeUp();
    },
    end(): void {
      ended = true;
      wakeUp();
    },
  });
}

export interface Collector extends OutputStream {
  bytes(): Uint8Array;
  text(): string;
  /** Whether more was written than was kept. */
  isTruncated(): boolean;
}

export const COLLECTOR_BYTES_MAX: number = 16 << 20;

/** Keeps what was written, up to a limit; what comes after it is taken and dropped, so that a flood stops nothing. */
export function makeCollector(options: { readonly bytesMax?: number } = {}): Collector {
  const bytesMax = options.bytesMax ?? COLLECTOR_BYTES_MAX;
  let kept = new Uint8Array(256);
  let length = 0;
  let truncated = false;
  return Object.freeze({
    write(bytes: Uint8Array): number {
      const taken = Math.min(bytes.length, bytesMax - length);
      if (taken < bytes.length) truncated = true;
      if (length + taken > kept.length) {
        const grown = new Uint8Array(Math.min(bytesMax, Math.max(kept.length * 2, length + taken)));
        grown.set(kept.subarray(0, length));
        kept = grown;
      }
      kept.set(bytes.subarray(0, taken), length);
      length += taken;
      return bytes.length;
    },
    bytes: () => kept.slice(0, length),
    text: () => new TextDecoder().decode(kept.subarray(0, length)),
    isTruncated: () => truncated,
  });
}
