/**
 * What the conformance suites of netlayers work with: a network of its own for each test, and handlers that keep all they are told.
 *
 * @module
 */
import { afterEach, beforeEach, expect } from "vitest";
import { OcapnError } from "../errors.ts";
import type { PeerLocator } from "../locator.ts";
import type { Connection, ConnectionHandler, Netlayer } from "../netlayer.ts";

export interface NetworkUnderTest {
  /** Another peer of the network, which can dial and be dialled. */
  makeNetlayer(): Promise<Netlayer>;
  /** Where nobody is. */
  readonly nowhere: PeerLocator;
  /** Which ends of a connection have proof of who is at the other. */
  readonly proof: "dialler" | "both" | "none";
  /** Connections can hold the other side back. Default: true. */
  readonly canPause?: boolean;
  dispose?(): void | Promise<void>;
}

/** A handler that keeps all that it is told, and lets tests wait for it. */
export class Recorder implements ConnectionHandler {
  readonly connection: Connection;
  readonly chunks: Uint8Array[] = [];
  readonly closes: (Error | undefined)[] = [];
  byteCount = 0;
  #wake: () => void = () => {};

  constructor(connection: Connection) {
    this.connection = connection;
  }

  onData(bytes: Uint8Array): void {
    if (this.closes.length > 0) throw new Error("onData after onClose");
    this.chunks.push(bytes);
    this.byteCount += bytes.length;
    this.#wake();
  }

  onClose(error?: Error): void {
    this.closes.push(error);
    this.#wake();
  }

  async #until(isDone: () => boolean): Promise<void> {
    while (!isDone()) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
  }

  async received(byteCount: number): Promise<Uint8Array> {
    await this.#until(() => this.byteCount >= byteCount);
    return Buffer.concat(this.chunks);
  }

  async closed(): Promise<Error | undefined> {
    await this.#until(() => this.closes.length > 0);
    return this.closes[0];
  }
}

/** Collects the connections of a netlayer that listens. */
export class Listener {
  readonly ends: Recorder[] = [];
  #wake: () => void = () => {};
  onAttach: (connection: Connection) => void = () => {};

  readonly attach = (connection: Connection): Recorder => {
    const end = new Recorder(connection);
    this.ends.push(end);
    this.onAttach(connection);
    this.#wake();
    return end;
  };

  async connected(count: number): Promise<readonly Recorder[]> {
    while (this.ends.length < count) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
    return this.ends;
  }
}

export function makeMessage(byteCount: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(byteCount);
  for (let at = 0, state = seed + 1; at < byteCount; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

/** What is compared has passed over to the netlayer, so it is made anew. */
export function makeMessages(sizes: readonly number[]): Uint8Array[] {
  return sizes.map((size, index) => makeMessage(size, index));
}

export async function errorOf(promise: Promise<unknown>): Promise<OcapnError> {
  const error = await promise.then(
    () => new Error("it was fulfilled"),
    (reason: unknown) => reason,
  );
  if (error instanceof OcapnError) return error;
  throw error;
}

/** In turns of the event loop, so that any I/O has its time. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** The peers of one test. */
export class Fixture<N extends NetworkUnderTest> {
  network!: N;
  alice!: Netlayer;
  bob!: Netlayer;
  readonly #listeners = new Map<Netlayer, Listener>();

  constructor(make: () => Promise<N> | N) {
    beforeEach(async () => {
      this.network = await make();
      this.alice = this.add(await this.network.makeNetlayer());
      this.bob = this.add(await this.network.makeNetlayer());
    });
    afterEach(async () => {
      await Promise.all([...this.#listeners.keys()].map((netlayer) => netlayer.close()));
      this.#listeners.clear();
      await this.network.dispose?.();
    });
  }

  /** It listens from now on, and is closed after the test. */
  add(netlayer: Netlayer): Netlayer {
    const listener = new Listener();
    netlayer.listen(listener.attach);
    this.#listeners.set(netlayer, listener);
    return netlayer;
  }

  listenerOf(netlayer: Netlayer): Listener {
    return this.#listeners.get(netlayer)!;
  }

  /** Both ends of a new connection. */
  async dial(from: Netlayer, to: Netlayer): Promise<readonly [Recorder, Recorder]> {
    const dialler = new Listener();
    const count = this.listenerOf(to).ends.length + 1;
    await from.connect(to.location, dialler.attach);
    expect(dialler.ends.length).toBe(1);
    const ends = await this.listenerOf(to).connected(count);
    return [dialler.ends[0]!, ends[count - 1]!];
  }
}
