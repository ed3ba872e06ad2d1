/**
 * What tests of peers work with: peers by name on one network in memory, their wires, and collection by hand.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { afterEach } from "vitest";
import { Far, SyrupReader } from "../../passable/index.ts";
import type { Collector, Held } from "../collector.ts";
import { makeNobleEd25519 } from "../keys.ts";
import {
  type MemoryArrival,
  type MemoryNetwork,
  type MemoryNetworkInit,
  makeMemoryNetwork,
} from "../netlayers/memory.ts";
import { makeOcapn, type Ocapn, type OcapnInit } from "./ocapn.ts";

export const ED25519: OcapnInit["ed25519"] = makeNobleEd25519();

export function randomOf(byteLength: number): Uint8Array {
  return new Uint8Array(randomBytes(byteLength));
}

/** A turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export async function turns(count = 20): Promise<void> {
  for (let at = 0; at < count; at += 1) await turn();
}

/** Nothing is collected but what a test drops. */
export class ManualCollector implements Collector {
  readonly #watched = new Map<object, Set<() => void>>();

  watch(object: object, onCollected: () => void): Held {
    const callbacks = this.#watched.get(object) ?? new Set();
    this.#watched.set(object, callbacks.add(onCollected));
    return {
      deref: () => (callbacks.has(onCollected) ? object : undefined),
      release: () => {
        callbacks.delete(onCollected);
        if (callbacks.size === 0) this.#watched.delete(object);
      },
    };
  }

  get size(): number {
    return this.#watched.size;
  }

  /** As if the engine had found that nobody has it any more. */
  collect(object: object): void {
    const callbacks = this.#watched.get(object) ?? [];
    this.#watched.delete(object);
    const due = [...callbacks];
    for (const callback of due) (callbacks as Set<() => void>).delete(callback);
    for (const callback of due) callback();
  }

  collectAll(): void {
    for (const object of [...this.#watched.keys()]) this.collect(object);
  }
}

export interface WireLine {
  readonly peer: string;
  readonly direction: "in" | "out";
  readonly label: string;
  readonly message: Uint8Array;
}

export interface TestPeer {
  readonly name: string;
  readonly ocapn: Ocapn;
  readonly collector: ManualCollector;
}

export class Peers {
  readonly network: MemoryNetwork;
  /** All messages of all peers, as each saw them. */
  readonly wire: WireLine[] = [];
  isRecording = true;
  readonly #peers: TestPeer[] = [];

  constructor(init: MemoryNetworkInit = { immediate: true }) {
    this.network = makeMemoryNetwork(init);
  }

  make(name: string, init: Partial<OcapnInit> = {}): TestPeer {
    const collector = new ManualCollector();
    const ocapn = makeOcapn({
      netlayers: [this.network.makeNetlayer(name)],
      ed25519: ED25519,
      random: randomOf,
      yieldToHost: turn,
      collector,
      onWire: ({ direction, message }) => {
        if (this.isRecording)
          this.wire.push({ peer: name, direction, label: labelOf(message), message: message.slice() });
      },
      ...init,
    });
    const peer = { name, ocapn, collector };
    this.#peers.push(peer);
    return peer;
  }

  /** What a peer sent and received, as labels, since the last call. */
  takeWire(name: string, direction: "in" | "out" = "out"): readonly string[] {
    const lines = this.wire.filter((line) => line.peer === name && line.direction === direction);
    this.wire.length = 0;
    return lines.map(({ label }) => label);
  }

  /** What is chosen arrives, until nothing more of it comes. */
  async arrive(isNext: (arrival: MemoryArrival) => boolean): Promise<void> {
    for (let next = this.#next(isNext); next !== undefined; next = this.#next(isNext)) {
      next.arrive();
      await turns(2);
    }
  }

  #next(isNext: (arrival: MemoryArrival) => boolean): MemoryArrival | undefined {
    return this.network.pending().find(isNext);
  }

  /** Lets all arrive, or what is chosen, until the promise is settled. */
  async run<T>(promise: Promise<T>, isNext: (arrival: MemoryArrival) => boolean = () => true): Promise<T> {
    const state = { isSettled: false };
    const settled = (): void => {
      state.isSettled = true;
    };
    promise.then(settled, settled);
    while (!state.isSettled) {
      await turn();
      await this.arrive(isNext);
    }
    return promise;
  }

  /** Until nothing arrives any more, whatever the turns of the event loop bring. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 4; quiet += 1) {
      await turn();
      while (this.network.pendingCount > 0) {
        this.network.step(() => 0);
        await turn();
        quiet = 0;
      }
    }
  }

  async close(): Promise<void> {
    const closed = Promise.all(this.#peers.map(({ ocapn }) => ocapn.close()));
    await this.settle();
    await closed;
  }
}

/** A network for each test of a file, whose peers are closed after it. */
export function usePeers(): (init?: MemoryNetworkInit) => Peers {
  const all: Peers[] = [];
  afterEach(async () => {
    await Promise.all(all.splice(0).map((peers) => peers.close()));
  });
  return (init) => {
    const peers = new Peers(init);
    all.push(peers);
    return peers;
  };
}

export function labelOf(message: Uint8Array): string {
  const reader = new SyrupReader(message);
  reader.beginRecord();
  return reader.readSymbol();
}

/** The sessions of a peer, as `to: exports imports questions answers`. */
export function tablesOf({ ocapn }: TestPeer): readonly string[] {
  return ocapn.sessions.map(({ peer, tables }) => `${peer.designator}: ${Object.values(tables).join(" ")}`);
}

export async function reasonOf(promise: Promise<unknown>): Promise<Error & { readonly code?: string }> {
  return promise.then(
    (value) => {
      throw new Error(`expected a failure, got ${String(value)}`);
    },
    (reason: unknown) => reason as Error,
  );
}

/** Keeps what it was sent, in its order. */
export function makeLog(): {
  readonly log: unknown[];
  readonly far: { note(what: unknown): number; all(): unknown[] };
} {
  const log: unknown[] = [];
  return { log, far: Far("log", { note: (what: unknown) => log.push(what), all: () => [...log] }) };
}
