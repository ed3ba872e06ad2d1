/**
 * A peer of the object-capability network: serves objects under secret names, and gets those that others serve.
 *
 * @module
 */

import { isTarget } from "../../passable/index.ts";
import { makeBootstrap } from "../captp/bootstrap.ts";
import { bytesKey } from "../captp/identity.ts";
import { Served } from "../captp/served.ts";
import { Session, type SessionTables } from "../captp/session.ts";
import type { SessionHost } from "../captp/session-host.ts";
import { type Collector, makeWeakCollector } from "../collector.ts";
import { OcapnError } from "../errors.ts";
import { quiet } from "../eventual/reactions.ts";
import type { Remote } from "../eventual/types.ts";
import { Gifts } from "../handoff/gifts.ts";
import { type Ed25519, KEY_BYTES } from "../keys.ts";
import { DROPS_WAIT_MS, SERVED_MAX, SWISS_NUMBER_BYTES_MAX } from "../limits.ts";
import { formatSturdyrefUri, type PeerLocator, parseSturdyrefUri, type SturdyrefLocator } from "../locator.ts";
import type { Netlayer } from "../netlayer.ts";
import { SturdyRef } from "../sturdyref.ts";
import { Handoffs } from "./handoffs.ts";
import { Sessions } from "./sessions.ts";

export const CAPTP_VERSION = "1.0";

const SWISS_NUMBER_BYTES = 32;

/** A message as it went over the wire. */
export interface WireEvent {
  readonly direction: "in" | "out";
  readonly peer: PeerLocator;
  /** Whole, and secret: `describeMessage` makes a line of it without secrets. Valid only during the call. */
  readonly message: Uint8Array;
}

/** What the system provides; all the authority that a peer has. It closes the netlayers. */
export interface OcapnInit {
  /** At least one. The first is the one that sturdyrefs name. */
  readonly netlayers: readonly Netlayer[];
  readonly ed25519: Ed25519;
  /** Unpredictable bytes: keys, swiss numbers and gifts are made of them. */
  random(byteLength: number): Uint8Array;
  /** Gives the host's event loop a turn. */
  yieldToHost(): Promise<void>;
  /** Runs the callback later, unless what it returns is called before. Without it, no handshake takes too long, drops wait a turn, and no peer is held back. */
  after?(timeoutMs: number, callback: () => void): () => void;
  readonly collector?: Collector;
  /** What to say, and to expect, in `op:start-session`. */
  readonly captpVersion?: string;
  /**
   * Take peers that come in for whom they say they are, also where dialling them would prove it (`Netlayer.provesDialled`). Some other systems refuse
   * a second session, and could not be asked for anything while they have one with this peer; but then anybody can pass for them. Default: false.
   */
  readonly believesClaims?: boolean;
  /** Watches, and can harm nothing by that: what it throws is lost. */
  onWire?(event: WireEvent): void;
}

export interface Ocapn {
  /** Where peers find this one, by netlayer. */
  readonly locations: readonly PeerLocator[];
  /** The secret URI by which others get the object: a function, or what `Far` made. */
  serve(object: object, options?: { readonly swissNumber?: Uint8Array; readonly transport?: string }): string;
  /** Nobody gets the object by this URI any more, and references that were got by it work no longer. False if there is no such URI. */
  revoke(uri: string): boolean;
  /**
   * The object that is served there. The promise can be sent to. Rejects with an `OcapnError` where the peer cannot be reached, and with the peer's
   * own error, of which only name and message cross, where it has no such object.
   */
  enliven<T = unknown>(reference: string | SturdyRef): Promise<Remote<T>>;
  /** Sessions as they are now. */
  readonly sessions: readonly {
    readonly peer: PeerLocator;
    readonly tables: SessionTables;
    abort(reason: string): void;
  }[];
  /** Ends all sessions and closes the netlayers. */
  close(): Promise<void>;
}

export function makeOcapn(init: OcapnInit): Ocapn {
  const peer = new Peer(init);
  return Object.freeze({
    locations: Object.freeze(init.netlayers.map(({ location }) => location)),
    serve: (object: object, options: Parameters<Ocapn["serve"]>[1] = {}) => peer.serve(object, options),
    revoke: (uri: string) => peer.revoke(uri),
    enliven: <T>(reference: string | SturdyRef) => peer.enliven(reference) as Promise<Remote<T>>,
    get sessions() {
      return peer.describeSessions();
    },
    close: () => peer.close(),
  });
}

class Peer implements SessionHost {
  readonly #init: OcapnInit;
  readonly #collector: Collector;
  readonly #served = new Map<string, Served>();
  readonly #gifts = new Gifts();
  readonly #sessions: Sessions;
  readonly #handoffs: Handoffs;

  constructor(init: OcapnInit) {
    if (init.netlayers.length === 0) throw new RangeError("netlayers: expected at least one, got none");
    this.#init = init;
    this.#collector = init.collector ?? makeWeakCollector();
    this.#sessions = new Sessions({
      netlayers: init.netlayers,
      ed25519: init.ed25519,
      captpVersion: init.captpVersion ?? CAPTP_VERSION,
      believesClaims: init.believesClaims ?? false,
      makeKey: () => init.ed25519.makeKey(init.random(KEY_BYTES)),
      after: init.after === undefined ? () => () => {} : (timeoutMs, callback) => init.after!(timeoutMs, callback),
      makeSession: (found) => this.#makeSession(found),
    });
    this.#handoffs = new Handoffs({
      sessions: this.#sessions,
      gifts: this.#gifts,
      ed25519: init.ed25519,
      random: (byteLength) => init.random(byteLength),
    });
  }

  #makeSession(found: Parameters<ConstructorParameters<typeof Sessions>[0]["makeSession"]>[0]): Session {
    const { connection, key, peer, id, side, peerSide } = found;
    const { onWire, after } = this.#init;
    this.#gifts.open(id, peer.publicKey);
    return new Session({
      host: this,
      collector: this.#collector,
      connection,
      key,
      peerKey: peer.publicKey,
      peerLocation: peer.location,
      id,
      side,
      peerSide,
      later: (callback) => this.#later(callback),
      ...(after === undefined
        ? {}
        : { after: (timeoutMs: number, callback: () => void) => after.call(this.#init, timeoutMs, callback) }),
      ...(onWire === undefined
        ? {}
        : { onWire: (direction, message) => watch(onWire, { direction, peer: peer.location, message }) }),
    });
  }

  #later(callback: () => void): () => void {
    if (this.#init.after !== undefined) return this.#init.after(DROPS_WAIT_MS, callback);
    void this.#init.yieldToHost().then(callback);
    return () => {};
  }

  makeBootstrap(session: Session): object {
    return makeBootstrap({
      session,
      gifts: this.#gifts,
      ed25519: this.#init.ed25519,
      lookUp: (swissNumber) => this.#served.get(bytesKey(swissNumber)),
    });
  }

  give(handoff: Parameters<SessionHost["give"]>[0]): ReturnType<SessionHost["give"]> {
    return this.#handoffs.give(handoff);
  }

  receive(...args: Parameters<SessionHost["receive"]>): Promise<unknown> {
    return this.#handoffs.receive(...args);
  }

  giftsOf(session: Session): number {
    return this.#gifts.countOf(session.init.id);
  }

  onSessionEnd(session: Session): void {
    this.#sessions.forget(session);
    this.#gifts.close(session.init.id);
  }

  serve(object: object, options: NonNullable<Parameters<Ocapn["serve"]>[1]>): string {
    if (!isTarget(object)) throw new TypeError("object: expected a function, or an object that Far has marked");
    const { swissNumber = this.#init.random(SWISS_NUMBER_BYTES), transport } = options;
    if (swissNumber.length === 0 || swissNumber.length > SWISS_NUMBER_BYTES_MAX) {
      throw new RangeError(`swissNumber: expected 1 to ${SWISS_NUMBER_BYTES_MAX} bytes, got ${swissNumber.length}`);
    }
    const { location } =
      this.#init.netlayers.find((netlayer) => transport === undefined || netlayer.location.transport === transport) ??
      {};
    if (location === undefined)
      throw new RangeError(`transport: expected one of this peer's netlayers, got ${transport}`);
    const key = bytesKey(swissNumber);
    if (this.#served.has(key)) throw new RangeError("swissNumber: an object is served under it already");
    if (this.#served.size >= SERVED_MAX)
      throw new OcapnError("limit", `serve: ${SERVED_MAX} objects, which is the limit`);
    this.#served.set(key, new Served(object));
    return formatSturdyrefUri({ peer: location, swissNumber });
  }

  revoke(uri: string): boolean {
    const { peer, swissNumber } = parseSturdyrefUri(uri);
    const key = bytesKey(swissNumber);
    const served = this.#sessions.isOwn(peer) ? this.#served.get(key) : undefined;
    if (served === undefined) return false;
    this.#served.delete(key);
    served.revoke();
    return true;
  }

  enliven(reference: string | SturdyRef): Promise<unknown> {
    let locator: SturdyrefLocator;
    try {
      locator = reference instanceof SturdyRef ? reference.locator : parseSturdyrefUri(assertText(reference));
    } catch (error) {
      return Promise.reject(error);
    }
    const { peer, swissNumber } = locator;
    if (this.#sessions.isOwn(peer)) return this.#enlivenAtHome(swissNumber);
    // Where the session is there already, the promise for the object can be sent to at once.
    const active = this.#sessions.active(peer);
    if (active !== undefined) return active.askBootstrap("fetch", swissNumber);
    return this.#sessions.provide(peer).then((session) => session.askBootstrap("fetch", swissNumber));
  }

  async #enlivenAtHome(swissNumber: Uint8Array): Promise<object> {
    const served = this.#served.get(bytesKey(swissNumber));
    if (served === undefined)
      throw new OcapnError("unknown-object", "enliven: this peer serves no object under that swiss number");
    return served.object;
  }

  describeSessions(): Ocapn["sessions"] {
    return this.#sessions.all.map((session) => ({
      peer: session.init.peerLocation,
      tables: session.tables,
      abort: (reason: string) => session.abort(new OcapnError("closed", reason)),
    }));
  }

  close(): Promise<void> {
    return this.#sessions.close();
  }
}

function assertText(reference: unknown): string {
  if (typeof reference === "string") return reference;
  throw new TypeError(`enliven: expected a URI or a SturdyRef, got ${reference === null ? "null" : typeof reference}`);
}

/** Also what an `async` function throws. */
function watch(onWire: (event: WireEvent) => unknown, event: WireEvent): void {
  try {
    quiet(onWire(event));
  } catch {
    // Whoever watches knows.
  }
}
