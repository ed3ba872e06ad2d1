/**
 * Logs on disk: files to which lines are added, and which may be read while that goes on.
 *
 * @module
 */
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { CliError, describeSystemError } from "./errors.ts";

const READ_BYTES = 1 << 16;
/** Of one line that is read. */
export const LINE_BYTES_MAX: number = 1 << 16;
const FOLLOW_MS = 200;

export interface LineFile extends Disposable {
  /** With its line feed. */
  write(line: string): void;
}

/** A new file, for the user alone. What comes after so many lines is counted, and not written. */
export function openLineFile(path: string, linesMax: number): LineFile {
  let handle: number;
  try {
    handle = openSync(resolve(path), "w", 0o600);
  } catch (error) {
    throw new CliError("file", `${path}: cannot be written: ${describeSystemError(error)}`, { cause: error });
  }
  let count = 0;
  return {
    write(line: string): void {
      if (count < linesMax) writeSync(handle, line);
      count += 1;
    },
    [Symbol.dispose](): void {
      closeSync(handle);
      const dropped = count - linesMax;
      if (dropped > 0)
        process.stderr.write(`caper: ${path}: is full with ${linesMax} lines; ${dropped} more were not written\n`);
    },
  };
}

export interface LinesInit<T> {
  /** What a line should be, for errors: `an entry of an audit log`. */
  readonly what: string;
  /** Throws for what is none. */
  parse(line: string): T;
  /** Go on with what is added. */
  readonly follow: boolean;
}

export async function* readLineFile<T>(path: string, init: LinesInit<T>): AsyncGenerator<T> {
  const handle = attempt(path, () => openSync(path, "r"));
  try {
    const lines = new Lines(path, init);
    for (;;) {
      for (let chunk = read(handle, path); chunk.length > 0; chunk = read(handle, path)) yield* lines.take(chunk);
      if (!init.follow) break;
      await wait(FOLLOW_MS);
    }
    yield* lines.end();
  } finally {
    closeSync(handle);
  }
}

function read(handle: number, path: string): Uint8Array {
  const bytes = new Uint8Array(READ_BYTES);
  return attempt(path, () => bytes.subarray(0, readSync(handle, bytes)));
}

function attempt<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new CliError("file", `${path}: cannot be read: ${describeSystemError(error)}`, { cause: error });
  }
}

class Lines<T> {
  readonly #path: string;
  readonly #init: LinesInit<T>;
  readonly #decoder = new TextDecoder();
  #rest = "";
  #count = 0;

  constructor(path: string, init: LinesInit<T>) {
    this.#path = path;
    this.#init = init;
  }

  take(chunk: Uint8Array): readonly T[] {
    const lines = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split("\n");
    this.#rest = lines.pop() ?? "";
    if (this.#rest.length > LINE_BYTES_MAX) throw this.#none(this.#count + 1);
    return lines.flatMap((line) => this.#parse(line));
  }

  /** What stands after the last line feed. */
  end(): readonly T[] {
    return this.#parse(this.#rest);
  }

  #parse(line: string): readonly T[] {
    this.#count += 1;
    if (line.trim() === "") return [];
    try {
      return [this.#init.parse(line)];
    } catch (error) {
      throw this.#none(this.#count, error);
    }
  }

  #none(line: number, cause?: unknown): CliError {
    return new CliError("input", `${this.#path}: line ${line} is no ${this.#init.what}`, { cause });
  }
}
