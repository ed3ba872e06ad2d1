/**
 * The netlayer `message-port`: between a page and its workers, and between those workers. Each worker has a port to the page's hub, which
 * passes the ends of new channels on, and vouches for who is at the other end; what is said then goes directly. A worker has the name
 * that the page gave it.
 *
 * @module
 */

import { OcapnError } from "../errors.ts";
import { CONNECTIONS_MAX } from "../limits.ts";
import { makePeerLocator, type PeerLocator } from "../locator.ts";
import type { Attach, Netlayer } from "../netlayer.ts";
import { MessagePortConnection, type MessagePortLike, refuse } from "./message-port-connection.ts";

const TRANSPORT = "message-port";

/** The platform's. */
export type MessageChannelConstructor = new () => { readonly port1: MessagePortLike; readonly port2: MessagePortLike };

/** From the hub to a worker. */
type Notice =
  | { readonly type: "welcome"; readonly designator: string }
  | { readonly type: "incoming"; readonly from: string; readonly port: MessagePortLike }
  | { readonly type: "gone"; readonly designator: string };

/** From a worker to the hub. */
type Request = { readonly type: "dial"; readonly to: string; readonly port: MessagePortLike };

export interface MessagePortHub {
  /** The page's own. When it is closed, so is the hub. */
  readonly netlayer: Netlayer;
  /** A port for a new worker, to be transferred to it, where `joinMessagePortHub` takes it. */
  add(designator: string): MessagePortLike;
  /** For a worker that was terminated: browsers do not tell that themselves. Its connections are broken off. */
  remove(designator: string): void;
}

export function makeMessagePortHub(init: {
  readonly designator: string;
  readonly MessageChannel: MessageChannelConstructor;
}): MessagePortHub {
  const hub = new Hub(init.designator, init.MessageChannel);
  return Object.freeze({
    netlayer: hub.station,
    add: (designator: string) => hub.add(designator),
    remove: (designator: string) => hub.remove(designator),
  });
}

/** For a worker, with the port that the page has transferred to it. */
export function joinMessagePortHub(init: {
  readonly port: MessagePortLike;
  readonly MessageChannel: MessageChannelConstructor;
}): Promise<Netlayer> {
  const { port, MessageChannel } = init;
  const { promise, resolve, reject } = Promise.withResolvers<Netlayer>();
  let station: Station | undefined;
  port.addEventListener("message", ({ data }) => {
    const notice = data as Notice;
    if (notice.type === "welcome") {
      station = new Station(notice.designator, {
        MessageChannel,
        route: (to, end) => port.postMessage({ type: "dial", to, port: end } satisfies Request, [end]),
        onClosed: () => port.close(),
      });
      resolve(station);
    } else if (notice.type === "incoming") station?.accept(notice.from, notice.port);
    else station?.breakOff(notice.designator);
  });
  port.addEventListener("close", () => {
    reject(new OcapnError("disconnected", `${TRANSPORT}: the hub is gone`));
    station?.breakOff();
  });
  port.start();
  return promise;
}

class Hub {
  readonly station: Station;
  readonly #MessageChannel: MessageChannelConstructor;
  readonly #workers = new Map<string, MessagePortLike>();

  constructor(designator: string, MessageChannel: MessageChannelConstructor) {
    this.#MessageChannel = MessageChannel;
    this.station = new Station(designator, {
      MessageChannel,
      route: (to, port) => this.#route(designator, to, port),
      onClosed: () => {
        for (const name of this.#workers.keys()) this.remove(name);
      },
    });
  }

  add(designator: string): MessagePortLike {
    if (designator === this.station.location.designator || this.#workers.has(designator)) {
      throw new RangeError(`designator: expected a new one, got ${JSON.stringify(designator)}`);
    }
    const { port1, port2 } = new this.#MessageChannel();
    this.#workers.set(designator, port1);
    port1.addEventListener("message", ({ data }) => {
      const request = data as Request | null | undefined;
      const isDial = request?.type === "dial" && typeof request.port?.postMessage === "function";
      // Not made a string of: that throws for what a worker can send.
      if (isDial && typeof request.to === "string") this.#route(designator, request.to, request.port);
      else this.remove(designator);
    });
    port1.addEventListener("close", () => this.remove(designator));
    port1.start();
    this.#notify(port1, { type: "welcome", designator });
    return port2;
  }

  remove(designator: string): void {
    const port = this.#workers.get(designator);
    if (port === undefined) return;
    this.#workers.delete(designator);
    port.close();
    this.station.breakOff(designator);
    for (const other of this.#workers.values()) this.#notify(other, { type: "gone", designator });
  }

  #route(from: string, to: string, port: MessagePortLike): void {
    const worker = this.#workers.get(to);
    if (to === this.station.location.designator) this.station.accept(from, port);
    else if (worker === undefined) refuse(port, "there is no such worker");
    else worker.postMessage({ type: "incoming", from, port } satisfies Notice, [port]);
  }

  #notify(worker: MessagePortLike, notice: Notice): void {
    worker.postMessage(notice, []);
  }
}

/** The netlayer, of a page or of a worker. */
class Station implements Netlayer {
  readonly location: PeerLocator;
  readonly #init: StationInit;
  readonly #connections = new Set<MessagePortConnection>();
  #attach: Attach | undefined;
  #closing: Promise<void> | undefined;

  constructor(designator: string, init: StationInit) {
    this.#init = init;
    this.location = makePeerLocator({ transport: TRANSPORT, designator, hints: false });
    Object.freeze(this);
  }

  listen(attach: Attach): void {
    this.#attach = attach;
  }

  async connect(location: PeerLocator, attach: Attach): Promise<void> {
    const { designator, transport } = location;
    const where = `${TRANSPORT}: ${designator}`;
    if (this.#closing !== undefined) throw new OcapnError("closed", `${where}: this netlayer is closed`);
    if (transport !== TRANSPORT) throw new OcapnError("unreachable", `${where} is on ${transport}`);
    const { port1, port2 } = new this.#init.MessageChannel();
    const connection = new MessagePortConnection({
      port: port1,
      remoteDesignator: designator,
      attach,
      isDialler: true,
    });
    this.#keep(connection);
    this.#init.route(designator, port2);
    try {
      await connection.attached;
    } catch (cause) {
      throw new OcapnError("unreachable", (cause as Error).message, { cause });
    }
  }

  accept(from: string, port: MessagePortLike): void {
    if (this.#attach === undefined || this.#closing !== undefined) refuse(port, "nobody listens there");
    else if (this.#connections.size >= CONNECTIONS_MAX) refuse(port, `more than ${CONNECTIONS_MAX} connections there`);
    else {
      this.#keep(new MessagePortConnection({ port, remoteDesignator: from, attach: this.#attach, isDialler: false }));
    }
  }

  /** The peer is gone; or all are. */
  breakOff(designator?: string): void {
    for (const connection of this.#connections) {
      if (designator === undefined || connection.remoteDesignator === designator)
        connection.fail("the other side is gone");
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const connection of this.#connections) connection.close();
    await Promise.all([...this.#connections].map((connection) => connection.over));
    this.#init.onClosed();
  }

  #keep(connection: MessagePortConnection): void {
    this.#connections.add(connection);
    void connection.over.then(() => this.#connections.delete(connection));
  }
}

interface StationInit {
  readonly MessageChannel: MessageChannelConstructor;
  /** Brings the other end of a new channel to that peer, or refuses it. */
  route(to: string, port: MessagePortLike): void;
  onClosed(): void;
}
