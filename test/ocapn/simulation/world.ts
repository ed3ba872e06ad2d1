/**
 * The world of a simulation: peers on a network in memory, a clock and a garbage collector that move only when they are told to. All that
 * happens follows from the seed.
 *
 * @module
 */
import { E, type OcapnError } from "../../../src/ocapn/index.ts";
import { type MemoryNetwork, makeMemoryNetwork } from "../../../src/ocapn/netlayers/memory.ts";
import { SyrupReader } from "../../../src/passable/index.ts";
import { Random } from "../../random/random.ts";
import { Garbage, turn } from "./garbage.ts";
import { Ledger } from "./ledger.ts";
import { type Cell, SimulatedPeer } from "./peer.ts";

/** Why peers may end a session where nothing is wrong. */
const ABORTS = /^(crossed hellos|the peer was closed|the peer has begun a new session|nobody waits|no session within)/;
/** What goes wrong by design. */
const DESIGNED =
  /by design|takes messages|^(get|index): expected|was revoked|no object is served|under that swiss number/;
/** Codes of errors that a broken network explains; those of other peers come without. */
const NETWORK_CODES = new Set(["disconnected", "aborted", "closed", "unreachable", "handshake", "handoff", undefined]);

const TRACE_MAX = 60;
/** Rounds of collection until everything must be gone: what one peer drops may be what another one has waited for. */
const COLLECTIONS_MAX = 40;

export interface WorldInit {
  readonly seed: number;
  readonly peerCount: number;
  /** Connections are cut, peers crash and come back, dials fail. */
  readonly hasFaults: boolean;
}

export class World {
  readonly init: WorldInit;
  readonly random: Random;
  readonly network: MemoryNetwork;
  readonly garbage: Garbage = new Garbage();
  readonly ledger: Ledger = new Ledger();
  readonly peers: SimulatedPeer[] = [];
  readonly uris: string[] = [];
  /** Those that were closed in order: their calls must be settled, too. */
  readonly #expected = new Map<number, { readonly peer: SimulatedPeer; readonly message: number }>();
  readonly #unreachable = new Set<string>();
  readonly #failures: string[] = [];
  readonly #trace: string[] = [];
  #waiting: (() => void)[] = [];
  /** How many things happen on the network at a time, at most. */
  pace = 4;
  #rank = 0;
  #expectations = 0;
  collected = 0;

  constructor(init: WorldInit) {
    this.init = init;
    this.random = new Random(init.seed);
    this.network = makeMemoryNetwork({
      isReachable: ({ from, to }) => !this.#unreachable.has(`${from} ${to}`),
      splitAt: (byteCount) => (this.random.chance(0.9) ? byteCount : 1 + this.random.below(byteCount)),
    });
    for (let at = 0; at < init.peerCount; at += 1) this.peers.push(new SimulatedPeer(this, `peer-${at}`));
  }

  nextRank(): number {
    this.#rank += 1;
    return this.#rank;
  }

  yieldToHost(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  trace(words: () => string): void {
    this.#trace.push(words());
    if (this.#trace.length > TRACE_MAX) this.#trace.shift();
  }

  fail(words: string): void {
    this.#failures.push(`${words}\n  after ${this.#trace.slice(-12).join("\n  after ")}`);
  }

  check(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.fail((error as Error).message);
    }
  }

  /** Throws for the first thing that should not have happened. */
  assert(): void {
    const [first] = this.#failures;
    if (first !== undefined) throw new Error(`CAPER_SEED=${this.init.seed} ${JSON.stringify(this.init)}: ${first}`);
  }

  onWire(from: string, to: string, message: Uint8Array): void {
    // <8'op:abort
    if (message[1] !== 0x38 || message[6] !== 0x61) return;
    const reader = new SyrupReader(message);
    reader.beginRecord();
    if (reader.readSymbol() !== "op:abort") return;
    const reason = reader.readString();
    if (!ABORTS.test(reason)) this.fail(`${from} ends its session with ${to}: ${reason}`);
  }

  /** The promise must be settled in the end; a failure must have a cause. */
  expect(peer: SimulatedPeer, message: number, promise: Promise<unknown>, onFulfilled: (value: unknown) => void): void {
    const key = this.#expectations++;
    this.#expected.set(key, { peer, message });
    promise.then(
      (value) => {
        this.#expected.delete(key);
        if (!peer.isDead) onFulfilled(value);
      },
      (reason: unknown) => {
        this.#expected.delete(key);
        if (!this.#isExplained(reason)) this.fail(`${peer.name}: message ${message} failed: ${String(reason)}`);
      },
    );
  }

  #isExplained(reason: unknown): boolean {
    if (!(reason instanceof Error)) return false;
    if (DESIGNED.test(reason.message)) return true;
    return this.init.hasFaults && reason.name === "OcapnError" && NETWORK_CODES.has((reason as OcapnError).code);
  }

  /** Lets some things happen. */
  async step(count: number): Promise<void> {
    for (let at = 0; at < count; at += 1) {
      if (!this.network.step((below) => this.random.below(below))) break;
      await turn();
    }
  }

  async hostTurn(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
    await turn();
  }

  /** Until nothing more would happen by itself, however long one waits. */
  async settle(): Promise<void> {
    for (;;) {
      await turn();
      if (this.network.pendingCount > 0) await this.step(50);
      else if (this.#waiting.length > 0) await this.hostTurn();
      else if (!this.#fireTimers()) return;
    }
  }

  #fireTimers(): boolean {
    const timers = this.peers.flatMap((peer) => [...peer.timers].map((callback) => ({ peer, callback })));
    for (const { peer, callback } of timers) if (peer.timers.delete(callback)) callback();
    return timers.length > 0;
  }

  async collect(): Promise<void> {
    this.collected += await this.garbage.collect();
  }

  cut(): void {
    const connections = this.network.connections();
    if (connections.length > 0) this.network.cut(this.random.pick(connections).connection);
  }

  crash(peer: SimulatedPeer): void {
    this.trace(() => `${peer.name} crashes`);
    this.network.crash(peer.name);
    peer.isDead = true;
    this.garbage.forget(peer);
    for (const [key, expected] of this.#expected) if (expected.peer === peer) this.#expected.delete(key);
    this.#replace(peer);
  }

  close(peer: SimulatedPeer): void {
    this.trace(() => `${peer.name} is closed`);
    peer.close();
    this.#replace(peer);
  }

  #replace(peer: SimulatedPeer): void {
    peer.timers.clear();
    this.peers[this.peers.indexOf(peer)] = new SimulatedPeer(this, peer.name);
  }

  toggleReachable(): void {
    const way = `${this.random.pick(this.peers).name} ${this.random.pick(this.peers).name}`;
    if (!this.#unreachable.delete(way)) this.#unreachable.add(way);
  }

  /** Everything must come to an end: promises, references, tables. */
  async finish(): Promise<void> {
    this.#unreachable.clear();
    for (const peer of this.peers) peer.settleAll();
    await this.settle();
    // Deliveries of this last phase may have made new ones.
    while (this.peers.some(({ roots }) => roots.length > 0)) {
      for (const peer of this.peers) peer.settleAll();
      await this.settle();
    }
    this.assert();
    for (const { peer, message } of this.#expected.values()) {
      this.fail(`${peer.name}: the answer to message ${message} never came`);
    }
    await this.#checkReferences();
    this.assert();
    for (const peer of this.peers) {
      peer.pool.length = 0;
      peer.last = undefined;
    }
    await this.#checkTables();
    this.assert();
  }

  /** What a peer holds in a session that goes on is there at the other side. */
  async #checkReferences(): Promise<void> {
    for (const peer of this.peers) {
      for (const { reference, kind } of peer.pool) {
        if (kind !== "object") continue;
        this.expect(peer, -1, E(reference as Cell).ping(), () => {});
      }
    }
    await this.settle();
    if (this.#expected.size > 0) this.fail("a reference does not answer");
  }

  async #checkTables(): Promise<void> {
    for (let round = 0; round < COLLECTIONS_MAX; round += 1) {
      await this.collect();
      await this.settle();
      if (this.#leftInTables().length === 0) return;
    }
    this.fail(`left in tables:\n${this.#leftInTables().join("\n")}`);
  }

  #leftInTables(): readonly string[] {
    return this.peers.flatMap(({ name, ocapn }) =>
      ocapn.sessions
        .map(({ peer, tables: { gifts, ...tables } }) => ({
          // Gifts wait for receivers that went away.
          tables: this.init.hasFaults ? tables : { ...tables, gifts },
          words: `${name} with ${peer.designator}: ${JSON.stringify({ ...tables, gifts })}`,
        }))
        .filter(({ tables }) => Object.values(tables).some((count) => count !== 0))
        .map(({ words }) => words),
    );
  }
}
