/**
 * A guest that does what a test tells it (test/vectors/kernel/bare.wat), and a kernel to run it in.
 * @module
 */

import { readFileSync } from "node:fs";
import { expect } from "vitest";
import type { TreeState } from "../../src/image/index.ts";
import { decodeImage, encodeImage } from "../../src/image/index.ts";
import type { Capability, Kernel, KernelComponents, Message, Process, SpawnInit } from "../../src/kernel/index.ts";
import { CAPABILITY, fulfilled, makeKernel, makeMessage } from "../../src/kernel/index.ts";

export const BARE: Uint8Array = new Uint8Array(readFileSync(new URL("../vectors/kernel/bare.wasm", import.meta.url)));

export const MODE = { record: 0, echo: 1, relay: 2, trap: 3, spin: 4, reject: 5, relayOpen: 6 } as const;
export const PAGE = 65_536;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const text = (bytes: Uint8Array): string => decoder.decode(bytes);
export const message = (content: string, capabilities: readonly Capability[] = []): Message =>
  makeMessage(encoder.encode(content), capabilities);

export function makeTestKernel(components: Partial<KernelComponents> = {}): Kernel {
  return makeKernel({ yieldToHost: () => new Promise((resolve) => setImmediate(resolve)), ...components });
}

/** Answers each message with its own content, and remembers what it was sent. */
export function makeEcho(): Capability & { readonly received: string[] } {
  const received: string[] = [];
  return {
    [CAPABILITY]: true,
    received,
    receive(sent) {
      received.push(text(sent.bytes));
      return fulfilled(makeMessage(encoder.encode(`echo ${text(sent.bytes)}`), sent.capabilities));
    },
  };
}

export interface Delivery {
  readonly target: number;
  readonly resolver: number;
  readonly bytes: number;
  readonly capabilities: number;
}

/** The guest, with its exports as methods. Everything runs in the caller's thread. */
export class BareGuest {
  readonly process: Process;

  constructor(process: Process) {
    this.process = process;
  }

  static spawn(kernel: Kernel, init: Partial<SpawnInit> = {}): BareGuest {
    return new BareGuest(
      kernel.spawn({ program: kernel.load(BARE), gas: 10_000_000, memoryBytes: 64 * PAGE, ...init }),
    );
  }

  /** Calls an export that returns a number. */
  do(name: string, ...args: (number | bigint)[]): number {
    const result = this.process.callSync(name, args);
    if (result.kind !== "done") throw new Error(`${name}: ${JSON.stringify(result)}`);
    return Number(result.results[0] ?? 0);
  }

  write(content: string, at: number): number {
    const bytes = encoder.encode(content);
    this.process.memory().set(bytes, at);
    return bytes.length;
  }

  writeNumbers(numbers: readonly number[], at: number): void {
    const memory = this.process.memory();
    const view = new DataView(memory.buffer, memory.byteOffset);
    for (const [index, number] of numbers.entries()) view.setInt32(at + index * 4, number, true);
  }

  /** Arguments of `call` and `send` for a message, written to where the guest does not look otherwise. */
  args(target: number, content = "", capabilities: readonly number[] = []): number[] {
    const length = this.write(content, 40_000);
    this.writeNumbers(capabilities, 44_000);
    return [target, 40_000, length, 44_000, capabilities.length];
  }

  send(target: number, content = "", capabilities: readonly number[] = []): number {
    return this.do("send", ...this.args(target, content, capabilities));
  }

  call(target: number, content = "", capabilities: readonly number[] = []): number {
    return this.do("call", ...this.args(target, content, capabilities));
  }

  sendOnly(target: number, content = "", capabilities: readonly number[] = []): number {
    return this.do("send_only", ...this.args(target, content, capabilities));
  }

  /** Answers a message, or settles a promise of its own. */
  answer(resolver: number, content = "", capabilities: readonly number[] = [], status = 0): number {
    const [, ...message] = this.args(0, content, capabilities);
    return this.do("answer", resolver, status, ...message);
  }

  /** A promise of its own, and its resolver. */
  promise(): { readonly promise: number; readonly resolver: number } {
    const promise = this.do("promise", 48_000);
    const memory = this.process.memory();
    return { promise, resolver: new DataView(memory.buffer, memory.byteOffset).getInt32(48_000, true) };
  }

  find(name: string): number {
    return this.do("find", 40_000, this.write(name, 40_000));
  }

  spawnChild(init: { source?: number; gas?: number; pages?: number; endowments?: readonly number[] } = {}): number {
    const endowments = init.endowments ?? [];
    this.writeNumbers(endowments, 44_000);
    return this.do(
      "spawn",
      init.source ?? 0,
      BigInt(init.gas ?? 1_000_000),
      init.pages ?? 8,
      44_000,
      endowments.length,
    );
  }

  invoke(child: number, name: string, ...args: number[]): number {
    const length = this.write(name, 40_000);
    const memory = this.process.memory();
    const view = new DataView(memory.buffer, memory.byteOffset);
    for (const [index, arg] of args.entries()) view.setBigInt64(44_000 + index * 8, BigInt(arg), true);
    return this.do("invoke", child, 40_000, length, 44_000, args.length);
  }

  /** What the inbox holds. */
  read(): { readonly text: string; readonly bytes: Uint8Array; readonly capabilities: number[] } {
    const size = this.process.callSync("size");
    if (size.kind !== "done") throw new Error(size.kind);
    const packed = size.results[0] as bigint;
    expect(this.do("read", 0, 32_768)).toBe(0);
    const memory = this.process.memory();
    const bytes = memory.slice(0, Number(packed & 0xffff_ffffn));
    const view = new DataView(memory.buffer, memory.byteOffset);
    const capabilities = Array.from({ length: Number(packed >> 32n) }, (_, index) =>
      view.getInt32(32_768 + index * 4, true),
    );
    return { text: text(bytes), bytes, capabilities };
  }

  /** Results of `invoke` as integers. */
  readLongs(): bigint[] {
    const { bytes } = this.read();
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    return Array.from({ length: bytes.length / 8 }, (_, index) => view.getBigInt64(index * 8, true));
  }

  deliveries(): Delivery[] {
    const memory = this.process.memory();
    const view = new DataView(memory.buffer, memory.byteOffset);
    return Array.from({ length: view.getInt32(49_152, true) }, (_, index) => {
      const at = 49_156 + index * 16;
      const [target, resolver, bytes, capabilities] = [0, 4, 8, 12].map((offset) => view.getInt32(at + offset, true));
      return { target, resolver, bytes, capabilities } as Delivery;
    });
  }
}

/** Through the encoded image, as a jump would. */
export function throughImage(tree: TreeState): TreeState {
  return decodeImage(encodeImage(tree));
}
