/**
 * Node's streams (the terminal, pipes, files, sockets) as byte stream powers, with their back-pressure.
 *
 * @module
 */
import type { Readable, Writable } from "node:stream";
import type { InputStream, OutputStream, Wait } from "../../powers/index.ts";
import { PowerError } from "../../powers/index.ts";
import { toPowerError } from "./errors.ts";

function isTerminal(stream: object): boolean {
  return "isTTY" in stream && stream.isTTY === true;
}

function streamError(error: Error): PowerError {
  const translated = toPowerError(error);
  return translated instanceof PowerError ? translated : new PowerError("io", "io", { cause: error });
}

export type NodeInput = InputStream & Disposable;

/**
 * Reads nothing before it is asked, so that what a guest does not want stays where it is. Disposing of it lets go of the
 * stream (and so lets a program end that has nothing else to wait for) but does not close it.
 */
export function makeNodeInput(readable: Readable & { unref?(): unknown }): NodeInput {
  let failure: PowerError | undefined;
  let ended = readable.readableEnded || readable.destroyed;
  let waiting = Promise.withResolvers<void>();
  let isListening = false;
  const wakeUp = (): void => {
    waiting.resolve();
    waiting = Promise.withResolvers<void>();
  };
  const onEnd = (): void => {
    ended = true;
    wakeUp();
  };
  const onError = (error: Error): void => {
    failure = streamError(error);
    wakeUp();
  };
  const listen = (): void => {
    if (isListening) return;
    isListening = true;
    readable.on("readable", wakeUp).on("end", onEnd).on("close", onEnd).on("error", onError);
  };
  return Object.freeze({
    terminal: isTerminal(readable),
    read(bytesMax: number): Uint8Array | undefined | Wait {
      listen();
      const available = Math.min(bytesMax, readable.readableLength);
      // read(0) starts the stream without taking anything.
      const chunk: unknown = readable.read(available);
      if (chunk instanceof Uint8Array && chunk.length > 0) return new Uint8Array(chunk);
      if (failure !== undefined) throw failure;
      return ended ? undefined : { wake: waiting.promise };
    },
    [Symbol.dispose](): void {
      readable.off("readable", wakeUp).off("end", onEnd).off("close", onEnd).off("error", onError);
      readable.pause();
      readable.unref?.();
    },
  });
}

export function makeNodeOutput(writable: Writable): OutputStream {
  let failure: PowerError | undefined;
  let waiting = Promise.withResolvers<void>();
  const wakeUp = (): void => {
    waiting.resolve();
    waiting = Promise.withResolvers<void>();
  };
  writable.on("drain", wakeUp).on("close", wakeUp);
  writable.on("error", (error: Error) => {
    failure = streamError(error);
    wakeUp();
  });
  return Object.freeze({
    terminal: isTerminal(writable),
    write(bytes: Uint8Array): number | Wait {
      if (failure !== undefined) throw failure;
      if (writable.destroyed || writable.writableEnded) throw new PowerError("broken-pipe");
      if (writable.writableNeedDrain) return { wake: waiting.promise };
      if (bytes.length > 0) writable.write(bytes.slice());
      return bytes.length;
    },
  });
}
