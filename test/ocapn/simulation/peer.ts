/**
 * A peer of the simulation, from its start to its end: what it holds, and the objects it makes.
 *
 * @module
 */

import { makeNodeEd25519 } from "../../../src/node/index.ts";
import { E, makeOcapn, type Ocapn } from "../../../src/ocapn/index.ts";
import { Far } from "../../../src/passable/index.ts";
import type { Seen } from "./ledger.ts";
import type { World } from "./world.ts";

const ed25519 = makeNodeEd25519();

/**
 * - `object`: what comes to an object by itself; `root`: a promise that the simulation settles, with an object, or with a root that was made
 *   before it; `answer`: what depends on anything. What depends only on what is before it cannot wait for itself.
 */
export type Kind = "object" | "root" | "answer";

/** A reference that the peer holds. */
export interface Entry {
  readonly reference: object;
  readonly kind: Kind;
  /** Of a root: when it was made. */
  readonly rank: number;
}

export interface Root {
  readonly rank: number;
  readonly promise: Promise<unknown>;
  resolve(value: unknown): void;
  reject(reason: Error): void;
  /** What it will come to, if that is known. */
  readonly value: object | undefined;
}

/** What an object is asked to answer. */
export const ANSWERS = ["nothing", "data", "self", "new", "child", "held", "echo", "later", "throw"] as const;
export type Answer = (typeof ANSWERS)[number];

/** How a reference among arguments is to be held: its kind and rank. */
export type Label = readonly [Kind, number];

export interface Cell {
  act(message: number, answer: Answer, labels: readonly Label[], ...references: readonly object[]): unknown;
  ping(): "pong";
}

/** References that one peer holds at most. */
const POOL_MAX = 24;

export class SimulatedPeer {
  readonly name: string;
  readonly world: World;
  readonly ocapn: Ocapn;
  readonly pool: Entry[] = [];
  readonly roots: Root[] = [];
  /** The one that was sent through last. */
  last: Entry | undefined;
  /** It has crashed: what its code does no longer counts. */
  isDead = false;
  readonly timers: Set<() => void> = new Set();

  constructor(world: World, name: string) {
    this.world = world;
    this.name = name;
    this.ocapn = makeOcapn({
      netlayers: [world.network.makeNetlayer(name)],
      ed25519,
      random: (byteLength) => world.random.bytes(byteLength),
      yieldToHost: () => world.yieldToHost(),
      collector: world.garbage.collectorOf(this),
      after: (_, callback) => {
        this.timers.add(callback);
        return () => void this.timers.delete(callback);
      },
      onWire: ({ direction, peer, message }) => direction === "out" && world.onWire(name, peer.designator, message),
    });
    this.hold({ reference: this.makeCell(), kind: "object", rank: 0 });
  }

  makeCell(): Cell {
    const seen: Seen = new Map();
    const cell: Cell = Far("cell", {
      act: (message: number, answer: Answer, labels: readonly Label[], ...references: readonly object[]): unknown => {
        if (this.isDead) return undefined;
        this.world.check(() => this.world.ledger.arrive(message, seen));
        this.world.trace(() => `${this.name} gets ${message} (${answer})`);
        for (const [at, [kind, rank]] of labels.entries()) {
          this.hold({ reference: references[at] as object, kind, rank });
        }
        return this.#answer(cell, answer, labels, references);
      },
      ping: () => "pong" as const,
    });
    return cell;
  }

  #answer(cell: Cell, answer: Answer, labels: readonly Label[], references: readonly object[]): unknown {
    switch (answer) {
      case "nothing":
        return undefined;
      case "data":
        return [1n, "text", { key: null }];
      case "self":
        return cell;
      case "new":
        return this.makeCell();
      case "child":
        return this.makeRoot(this.makeCell()).promise;
      case "held":
        return this.pick(({ kind }) => kind !== "answer")?.reference;
      case "echo":
        return { labels, references };
      case "later":
        return this.makeRoot().promise;
      case "throw":
        throw new RangeError("thrown by design");
      default:
        return answer satisfies never;
    }
  }

  makeRoot(value?: object): Root {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    promise.catch(() => {});
    const root = { rank: this.world.nextRank(), promise, resolve, reject, value };
    this.roots.push(root);
    return root;
  }

  hold(entry: Entry): void {
    if (this.isDead) return;
    if (this.pool.length < POOL_MAX) this.pool.push(entry);
    else this.pool[this.world.random.below(POOL_MAX)] = entry;
  }

  pick(isFit: (entry: Entry) => boolean = () => true): Entry | undefined {
    const fit = this.pool.filter(isFit);
    return fit.length === 0 ? undefined : this.world.random.pick(fit);
  }

  /** Settles one of its promises. */
  settle(root: Root): void {
    const { random } = this.world;
    this.roots.splice(this.roots.indexOf(root), 1);
    if (root.value !== undefined) {
      root.resolve(root.value);
      return;
    }
    const draw = random.below(10);
    if (draw === 0) root.reject(new RangeError("broken by design"));
    else if (draw === 1) root.resolve(["settled with data", 1n]);
    else {
      const entry = this.pick(({ kind, rank }) => kind === "object" || (kind === "root" && rank < root.rank));
      root.resolve(entry?.reference ?? this.makeCell());
    }
  }

  settleAll(): void {
    while (this.roots[0] !== undefined) this.settle(this.roots[0]);
  }

  /** Sends through a reference, and holds what comes of it. */
  call(entry: Entry, answer: Answer, passed: readonly Entry[]): void {
    const { world } = this;
    const { reference } = entry;
    const message = world.ledger.send(reference);
    world.trace(() => `${this.name} sends ${message} (${answer}) to ${describe(entry)} with ${passed.map(describe)}`);
    const labels = passed.map(({ kind, rank }): Label => [kind, rank]);
    const references = passed.map((one) => one.reference);
    if (world.random.chance(0.25)) {
      E.sendOnly(reference as Cell).act(message, answer, labels, ...references);
      return;
    }
    const promise = E(reference as Cell).act(message, answer, labels, ...references) as Promise<unknown>;
    if (world.random.chance(0.5)) this.hold({ reference: promise, kind: "answer", rank: 0 });
    const isDirect = !(reference instanceof Promise) && (answer === "new" || answer === "child");
    world.expect(this, message, promise, (value) => {
      if (isDirect) world.ledger.follow(promise, value as object);
      if (isReference(value)) this.hold({ reference: value, kind: "object", rank: 0 });
    });
    if (answer === "echo" && passed.length > 0 && world.random.chance(0.5))
      this.takePart(message, promise, passed.length);
  }

  /** A way into an answer that may not be there yet. */
  takePart(message: number, answer: Promise<unknown>, count: number): void {
    const { references } = E.get(answer as Promise<{ references: readonly object[] }>);
    const part = E.get(references)[this.world.random.below(count)] as Promise<unknown>;
    this.hold({ reference: part, kind: "answer", rank: 0 });
    this.world.expect(this, message, part, () => {});
  }

  /** In order, as it would in a program that goes on. */
  close(): void {
    this.isDead = true;
    this.pool.length = 0;
    for (const root of this.roots.splice(0)) root.reject(new RangeError("broken by design"));
    void this.ocapn.close();
  }
}

function isReference(value: unknown): value is object {
  return typeof value === "function" || (typeof value === "object" && value !== null && Object.hasOwn(value, "act"));
}

function describe({ reference, kind, rank }: Entry): string {
  const form = reference instanceof Promise ? "promise" : typeof reference === "function" ? "far" : "own";
  return `${kind}${kind === "root" ? rank : ""}:${form}`;
}
