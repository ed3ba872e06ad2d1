/**
 * The power `console`: lines of text by level, to wherever the host wants them.
 *
 * @module
 */
import { M } from "../passable/index.ts";
import { makePower } from "./power.ts";
import { isWait, type OutputStream } from "./streams.ts";

export type ConsoleLevel = "debug" | "log" | "info" | "warn" | "error";

export interface ConsolePower {
  readonly debug: (text: string) => undefined;
  readonly log: (text: string) => undefined;
  readonly info: (text: string) => undefined;
  readonly warn: (text: string) => undefined;
  readonly error: (text: string) => undefined;
}

/** Of one text, in UTF-16 units. */
export const CONSOLE_TEXT_LENGTH_MAX = 65_536;

const line = M.call(M.named("text", M.string({ lengthMax: CONSOLE_TEXT_LENGTH_MAX })));
const guard = M.interface("console", { debug: line, log: line, info: line, warn: line, error: line });

/** `write` gets each text, without a line feed at its end. What it throws reaches the guest. */
export function makeConsolePower(write: (level: ConsoleLevel, text: string) => void): ConsolePower {
  const writer = (level: ConsoleLevel) => (text: string) => {
    write(level, text);
    return undefined;
  };
  return makePower("console", guard, {
    debug: writer("debug"),
    log: writer("log"),
    info: writer("info"),
    warn: writer("warn"),
    error: writer("error"),
  });
}

/** Bytes that wait for a stream that takes none; what comes after them is dropped, and a line says so once there is room. */
export const CONSOLE_WAITING_BYTES_MAX: number = 1 << 20;

/** For `makeConsolePower`: debug, log and info to the first stream, warn and error to the second. A console never waits. */
export function makeStreamConsole(
  stdout: OutputStream,
  stderr: OutputStream,
): (level: ConsoleLevel, text: string) => void {
  const out = makeLineWriter(stdout);
  const err = stdout === stderr ? out : makeLineWriter(stderr);
  return (level, text) => (level === "warn" || level === "error" ? err : out)(text);
}

function makeLineWriter(stream: OutputStream): (text: string) => void {
  const waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let dropped = 0;
  let isBlocked = false;
  const add = (text: string): void => {
    const bytes = new TextEncoder().encode(`${text}\n`);
    waiting.push(bytes);
    waitingBytes += bytes.length;
  };
  const flush = (): void => {
    for (let chunk = waiting[0]; chunk !== undefined; chunk = waiting[0]) {
      const taken = stream.write(chunk);
      if (isWait(taken)) {
        isBlocked = true;
        void taken.wake.then(unblock, unblock);
        return;
      }
      waitingBytes -= taken;
      if (taken < chunk.length) waiting[0] = chunk.subarray(taken);
      else waiting.shift();
      if (waiting.length === 0 && dropped > 0) {
        add(`(${dropped} lines were dropped)`);
        dropped = 0;
      }
    }
  };
  /** A stream that fails takes nothing more, and a console has nobody to tell. */
  const flushSafely = (): void => {
    try {
      flush();
    } catch {
      waiting.length = 0;
      waitingBytes = 0;
    }
  };
  const unblock = (): void => {
    isBlocked = false;
    flushSafely();
  };
  return (text) => {
    if (waitingBytes + text.length > CONSOLE_WAITING_BYTES_MAX) {
      dropped++;
      return;
    }
    add(text);
    if (!isBlocked) flushSafely();
  };
}
