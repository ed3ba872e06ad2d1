/**
 * A network in memory, for simulations and for peers in one thread. By itself nothing happens in it: who made it says what arrives
 * next, so that a run depends on nothing but those choices. Order is kept within one direction of one connection, and nowhere else.
 *
 * @module
 */

import { OcapnError } from "../errors.ts";
import { makePeerLocator, type PeerLocator } from "../locator.ts";
import type { Attach, ConnectionHandler, Netlayer } from "../netlayer.ts";
import { MemoryEnd, type MemoryEndInit } from "./memory-end.ts";

const TRANSPORT = "memory";

export interface MemoryNetworkInit {
  /** All arrives by itself, in microtasks. Default: only what `step` and `pending` let arrive. */
  readonly immediate?: boolean;
  /** Asked when a dial arrives. Default: all that listen can be reached. */
  isReachable?(dial: { readonly from: string; readonly to: string }): boolean;
  /** How many bytes of a piece `step` lets arrive, from 1 to all of them. Default: all. */
  splitAt?(byteCount: number): number;
}

/** What can arrive next in one direction of one connection. */
export interface MemoryArrival {
  /** `dial` at who is to be connected to, then `accept` at who asked. */
  readonly kind: "dial" | "accept" | "data" | "end";
  readonly from: string;
  readonly to: string;
  /** Connections are numbered from 1, in the order of the dials. */
  readonly connection: number;
  /** Call it once, and before other arrivals of this direction. Of data at most `bytesMax`; what is left is another arrival. */
  arrive(bytesMax?: number): void;
}

export interface MemoryNetwork {
  /** The name is the designator. It is free again when its netlayer was closed, or has crashed. */
  makeNetlayer(name: string): Netlayer;
  readonly pendingCount: number;
  pending(): readonly MemoryArrival[];
  /** Lets one thing arrive: that at `pick(pendingCount)`, an integer from 0 and below it. False if there was nothing. */
  step(pick: (below: number) => number): boolean;
  /** Those that not both sides are done with. */
  connections(): readonly MemoryConnectionName[];
  /** What is under way is lost, and both sides learn of the end with an error, each by an arrival. */
  cut(connection: number): void;
  /** The peer is gone in the middle of whatever it did: others see their connections cut, its own handlers are never called again. */
  crash(name: string): void;
}

export interface MemoryConnectionName {
  readonly connection: number;
  readonly from: string;
  readonly to: string;
}

/** A netlayer, as the network sees it. */
interface Station {
  readonly name: string;
  readonly ends: Set<MemoryEnd>;
  attach: Attach | undefined;
  isClosed: boolean;
  /** Resolves when it is closed and no end is left. */
  readonly idle: PromiseWithResolvers<void>;
}

export function makeMemoryNetwork(init: MemoryNetworkInit = {}): MemoryNetwork {
  return new Network(init);
}

class Network implements MemoryNetwork {
  readonly #init: MemoryNetworkInit;
  readonly #stations = new Map<string, Station>();
  /** By number, the end of who dialled. */
  readonly #connections = new Map<number, MemoryEnd>();
  /** The ends of which something can arrive. */
  readonly #ready: MemoryEnd[] = [];
  readonly #owners = new Map<MemoryEnd, Station>();
  #dials = 0;
  #isDraining = false;

  constructor(init: MemoryNetworkInit) {
    this.#init = init;
  }

  makeNetlayer(name: string): Netlayer {
    if (this.#stations.has(name)) throw new RangeError(`name: expected one that is free, got ${JSON.stringify(name)}`);
    const location = makePeerLocator({ transport: TRANSPORT, designator: name, hints: false });
    const idle = Promise.withResolvers<void>();
    const station: Station = { name, ends: new Set(), attach: undefined, isClosed: false, idle };
    this.#stations.set(name, station);
    return Object.freeze({
      location,
      listen(attach: Attach): void {
        station.attach = attach;
      },
      connect: (target: PeerLocator, attach: Attach) => this.#dial(station, target, attach),
      close: () => this.#close(station),
    });
  }

  get pendingCount(): number {
    return this.#ready.length;
  }

  pending(): readonly MemoryArrival[] {
    return this.#ready.map((end) => ({
      kind: end.next?.kind ?? "end",
      from: end.name,
      to: end.remoteDesignator,
      connection: end.connection,
      arrive: (bytesMax: number = Number.POSITIVE_INFINITY) => end.arrive(() => bytesMax),
    }));
  }

  step(pick: (below: number) => number): boolean {
    if (this.#ready.length === 0) return false;
    const end = this.#ready[pick(this.#ready.length)];
    if (end === undefined) throw new RangeError(`pick: expected an integer from 0 and below ${this.#ready.length}`);
    end.arrive(this.#init.splitAt);
    return true;
  }

  connections(): readonly MemoryConnectionName[] {
    return [...this.#connections.values()].map(({ connection, name, remoteDesignator }) => {
      return { connection, from: name, to: remoteDesignator };
    });
  }

  cut(connection: number): void {
    const end = this.#connections.get(connection);
    if (end === undefined) throw new RangeError(`connection: expected the number of an open one, got ${connection}`);
    const { name, remoteDesignator } = end;
    end.cut(new OcapnError("disconnected", `memory: the connection from ${name} to ${remoteDesignator} was cut`));
  }

  crash(name: string): void {
    const station = this.#stations.get(name);
    if (station === undefined) throw new RangeError(`name: expected that of a netlayer, got ${JSON.stringify(name)}`);
    this.#stations.delete(name);
    station.isClosed = true;
    station.attach = undefined;
    for (const end of station.ends) end.crash(new OcapnError("disconnected", `memory: ${name} is gone`));
  }

  #dial(station: Station, target: PeerLocator, attach: Attach): Promise<void> {
    const { name } = station;
    const to = target.designator;
    const where = `memory: ${name} cannot reach ${to}`;
    if (station.isClosed) return Promise.reject(new OcapnError("closed", `${where}: its netlayer is closed`));
    if (target.transport !== TRANSPORT) {
      return Promise.reject(new OcapnError("unreachable", `${where}: it is on ${target.transport}`));
    }
    const connection = ++this.#dials;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const dialler = this.#makeEnd({
      connection,
      name,
      remoteDesignator: to,
      attach(end) {
        const handler = attach(end);
        resolve();
        return handler;
      },
      onRefused: (reason) => reject(new OcapnError("unreachable", `${where}: ${reason?.message ?? "it was closed"}`)),
    });
    const listener = this.#makeEnd({
      connection,
      name: to,
      remoteDesignator: name,
      attach: (end) => this.#answer(end),
      onRefused() {},
    });
    MemoryEnd.join(dialler, listener);
    this.#own(station, dialler);
    this.#connections.set(connection, dialler);
    dialler.dial();
    return promise;
  }

  #makeEnd(init: Omit<MemoryEndInit, "onSent" | "onGone">): MemoryEnd {
    return new MemoryEnd({ ...init, onSent: (end) => this.#place(end), onGone: (end) => this.#release(end) });
  }

  #answer(end: MemoryEnd): ConnectionHandler | Error {
    const { name: to, remoteDesignator: from } = end;
    if (this.#init.isReachable?.({ from, to }) === false) return new Error("no way there");
    const station = this.#stations.get(to);
    if (station?.attach === undefined) return new Error("nobody listens there");
    this.#own(station, end);
    return station.attach(end);
  }

  #own(station: Station, end: MemoryEnd): void {
    station.ends.add(end);
    this.#owners.set(end, station);
  }

  #release(end: MemoryEnd): void {
    if (end.isOver) this.#connections.delete(end.connection);
    const station = this.#owners.get(end);
    this.#owners.delete(end);
    station?.ends.delete(end);
    if (station?.isClosed && station.ends.size === 0) station.idle.resolve();
  }

  #close(station: Station): Promise<void> {
    if (!station.isClosed) {
      this.#stations.delete(station.name);
      station.isClosed = true;
      station.attach = undefined;
      for (const end of station.ends) end.close();
      if (station.ends.size === 0) station.idle.resolve();
    }
    return station.idle.promise;
  }

  /** Puts it among the ends of which something can arrive, or takes it out. */
  #place(end: MemoryEnd): void {
    const { isReady } = end;
    if (isReady === end.place >= 0) return;
    if (isReady) {
      end.place = this.#ready.push(end) - 1;
      this.#drainSoon();
      return;
    }
    const last = this.#ready.pop();
    if (last !== undefined && last !== end) {
      this.#ready[end.place] = last;
      last.place = end.place;
    }
    end.place = -1;
  }

  #drainSoon(): void {
    if (this.#init.immediate !== true || this.#isDraining) return;
    this.#isDraining = true;
    queueMicrotask(() => {
      while (this.#ready[0] !== undefined) this.#ready[0].arrive();
      this.#isDraining = false;
    });
  }
}
