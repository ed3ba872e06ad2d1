/**
 * Calls WASI functions by hand, as a guest would with a memory of one page, for what no compiler would produce.
 *
 * @module
 */
import type { WasiInit } from "../../src/guests/wasi/index.ts";
import { makeWasi } from "../../src/guests/wasi/index.ts";
import type { Exit, HostModule, HostValue, Suspend } from "../../src/kernel/index.ts";

export const MEMORY_BYTES = 65_536;
/** Where results go; the text and buffers that calls use lie below it. */
export const RESULT = 32_768;
const TEXT = 1024;

export class WasiCaller {
  readonly memory: Uint8Array = new Uint8Array(MEMORY_BYTES);
  readonly view: DataView = new DataView(this.memory.buffer);
  readonly init: WasiInit;
  wasi: HostModule;
  gasUsed = 0;
  charged = 0;
  suspended: unknown;
  #textAt = TEXT;

  constructor(init: WasiInit = {}) {
    this.init = init;
    this.wasi = makeWasi(init);
  }

  /** As if the process were frozen here and thawed elsewhere. */
  thaw(init: WasiInit = this.init): void {
    this.wasi = makeWasi({ ...init, saved: structuredClone(this.wasi.save()) });
  }

  raw(name: string, ...values: HostValue[]): HostValue | undefined | Suspend | Exit {
    const run = this.wasi.functions[name];
    if (run === undefined) throw new Error(`no function ${name}`);
    const context = {
      memory: () => this.memory,
      suspended: this.suspended,
      gasUsed: this.gasUsed,
      charge: (gas: number) => {
        this.charged += gas;
        this.gasUsed += gas;
      },
      open: () => {},
    };
    return run(context, ...values);
  }

  /** The errno; for calls that neither park nor exit. */
  call(name: string, ...values: HostValue[]): number {
    this.#textAt = TEXT;
    const answer = this.raw(name, ...values);
    if (typeof answer !== "number") throw new Error(`${name} answered ${JSON.stringify(answer)}`);
    return answer;
  }

  /** Writes text into memory and answers pointer and length, as two arguments. */
  text(text: string | Uint8Array): [number, number] {
    const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
    const at = this.#textAt;
    this.memory.set(bytes, at);
    this.#textAt += bytes.length;
    return [at, bytes.length];
  }

  /** A scatter or gather list of one buffer, as two arguments. */
  iovec(text: string | number): [number, number] {
    const [at, length] = typeof text === "number" ? [this.#textAt, text] : this.text(text);
    if (typeof text === "number") this.#textAt += text;
    const list = (this.#textAt + 7) & ~7;
    this.#textAt = list + 8;
    this.view.setUint32(list, at, true);
    this.view.setUint32(list + 4, length, true);
    return [list, 1];
  }

  result(): number {
    return this.view.getUint32(RESULT, true);
  }

  result64(at: number = RESULT): bigint {
    return this.view.getBigUint64(at, true);
  }

  open(
    path: string,
    options: { fd?: number; oflags?: number; rights?: number; fdflags?: number; follow?: number } = {},
  ): number {
    const {
      fd = 3,
      oflags = 0,
      rights = 0x0820_01ff | (1 << 21) | (1 << 22) | (1 << 23),
      fdflags = 0,
      follow = 0,
    } = options;
    const base = BigInt(rights & 0x3fff_ffff);
    const errno = this.call("path_open", fd, follow, ...this.text(path), oflags, base, base, fdflags, RESULT);
    return errno === 0 ? this.result() : -errno;
  }

  write(fd: number, text: string): number {
    const errno = this.call("fd_write", fd, ...this.iovec(text), RESULT);
    return errno === 0 ? this.result() : -errno;
  }

  /** What was read, or the errno. */
  read(fd: number, length = 100): string | number {
    const [list, count] = this.iovec(length);
    const at = this.view.getUint32(list, true);
    const errno = this.call("fd_read", fd, list, count, RESULT);
    return errno === 0 ? new TextDecoder().decode(this.memory.slice(at, at + this.result())) : errno;
  }
}
