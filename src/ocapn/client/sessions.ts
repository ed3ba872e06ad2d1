/**
 * At most one session with each peer: found, dialled, or accepted; and which of two goes on where both sides dialled at once (CapTP draft, Crossed
 * Hellos Resolution).
 *
 * @module
 */

import { compareBytes, publicIdentifier, sessionIdentifier } from "../captp/identity.ts";
import type { Session } from "../captp/session.ts";
import { OcapnError } from "../errors.ts";
import type { Ed25519, SigningKey } from "../keys.ts";
import { HANDSHAKE_TIMEOUT_MS, HANDSHAKES_MAX, SESSIONS_MAX } from "../limits.ts";
import { formatPeerUri, type PeerLocator, peerKey } from "../locator.ts";
import type { Connection, Netlayer } from "../netlayer.ts";
import { Link, type PeerHello } from "./link.ts";

export interface SessionsInit {
  readonly netlayers: readonly Netlayer[];
  readonly ed25519: Ed25519;
  readonly captpVersion: string;
  makeKey(): SigningKey;
  /** Runs the callback later, unless what it returns is called before. */
  after(timeoutMs: number, callback: () => void): () => void;
  makeSession(found: {
    readonly connection: Connection;
    readonly key: SigningKey;
    readonly peer: PeerHello;
    readonly id: Uint8Array;
    readonly side: Uint8Array;
    readonly peerSide: Uint8Array;
  }): Session;
}

interface Dial {
  readonly promise: Promise<Session>;
  resolve(session: Session): void;
  reject(error: OcapnError): void;
  /** As soon as there is a connection. */
  link: Link | undefined;
}

export class Sessions {
  readonly #init: SessionsInit;
  readonly #active = new Map<string, Session>();
  readonly #dials = new Map<string, Dial>();
  /** Without a session yet. */
  readonly #hellos = new Map<Link, { stopTimer(): void }>();
  #isClosed = false;

  constructor(init: SessionsInit) {
    this.#init = init;
    for (const netlayer of init.netlayers) {
      netlayer.listen((connection) => this.#attach({ netlayer, connection, isOutgoing: false }));
    }
  }

  get all(): readonly Session[] {
    return [...this.#active.values()];
  }

  active(location: PeerLocator): Session | undefined {
    return this.#active.get(peerKey(location));
  }

  isOwn(location: PeerLocator): boolean {
    const key = peerKey(location);
    return this.#init.netlayers.some((netlayer) => peerKey(netlayer.location) === key);
  }

  /** The session with that peer; dials where there is none. Rejects with an `OcapnError` that says where and why. */
  provide(location: PeerLocator): Promise<Session> {
    if (this.#isClosed) return Promise.reject(new OcapnError("closed", "this peer was closed"));
    const key = peerKey(location);
    const active = this.#active.get(key);
    if (active !== undefined) return Promise.resolve(active);
    return (this.#dials.get(key) ?? this.#dial(key, location)).promise;
  }

  #dial(key: string, location: PeerLocator): Dial {
    const { promise, resolve, reject } = Promise.withResolvers<Session>();
    const dial: Dial = { promise, resolve, reject, link: undefined };
    promise.catch(ignore);
    this.#dials.set(key, dial);
    const fail = (error: unknown): void => {
      if (this.#dials.get(key) !== dial) return;
      this.#dials.delete(key);
      reject(unreachable(location, error));
    };
    const netlayer = this.#init.netlayers.find(({ location: own }) => own.transport === location.transport);
    if (netlayer === undefined) {
      const known = this.#init.netlayers.map(({ location: own }) => own.transport).join(", ");
      fail(new OcapnError("unreachable", `no netlayer for ${location.transport}; there are ${known}`));
      return dial;
    }
    netlayer
      .connect(location, (connection) => {
        const link = this.#attach({ netlayer, connection, isOutgoing: true, fail });
        dial.link = link;
        // The peer may have dialled as well, and be there already.
        if (this.#dials.get(key) === dial) link.sendHello();
        else link.refuse(new OcapnError("handshake", "there is a session already"));
        return link;
      })
      .catch(fail);
    return dial;
  }

  #attach(found: {
    readonly netlayer: Netlayer;
    readonly connection: Connection;
    readonly isOutgoing: boolean;
    readonly fail?: (error: OcapnError) => void;
  }): Link {
    const { netlayer, connection, isOutgoing } = found;
    const link = new Link({
      connection,
      isOutgoing,
      ed25519: this.#init.ed25519,
      key: this.#init.makeKey(),
      location: netlayer.location,
      captpVersion: this.#init.captpVersion,
      onHello: (from, hello) => this.#onHello(from, hello),
      onFailure: (from, error) => {
        this.#endHello(from);
        // The peer prefers the connection that it has dialled itself: its hello is under way.
        if (error.code !== "aborted" || !/crossed/i.test(error.message)) found.fail?.(error);
      },
      onClose: (from) => this.#endHello(from),
    });
    const stopTimer = this.#init.after(HANDSHAKE_TIMEOUT_MS, () => {
      const late = new OcapnError("handshake", `no session within ${HANDSHAKE_TIMEOUT_MS} ms`);
      link.refuse(late);
      found.fail?.(late);
    });
    this.#hellos.set(link, { stopTimer });
    const incoming = [...this.#hellos.keys()].filter(({ init }) => !init.isOutgoing).length;
    if (this.#isClosed) link.refuse(new OcapnError("closed", "this peer was closed"));
    else if (!isOutgoing && incoming > HANDSHAKES_MAX)
      link.refuse(new OcapnError("limit", "too many connections at once"));
    return link;
  }

  #endHello(link: Link): void {
    this.#hellos.get(link)?.stopTimer();
    this.#hellos.delete(link);
  }

  #onHello(link: Link, peer: PeerHello): Session | OcapnError {
    const { connection, key, isOutgoing } = link.init;
    if (this.isOwn(peer.location)) return new OcapnError("handshake", "acceptable-location: it is this peer's own");
    const side = publicIdentifier(key.publicKey);
    const peerSide = publicIdentifier(peer.publicKey);
    const refusal = this.#makeRoom(link, peer, peerSide);
    if (refusal !== undefined) return refusal;
    if (!isOutgoing) link.sendHello();
    this.#endHello(link);
    const id = sessionIdentifier(side, peerSide);
    const session = this.#init.makeSession({ connection, key, peer, id, side, peerSide });
    const name = peerKey(peer.location);
    this.#active.set(name, session);
    const dial = this.#dials.get(name);
    this.#dials.delete(name);
    dial?.resolve(session);
    return session;
  }

  /** Only one session with each peer. Ends the other one, or says why this one cannot be. */
  #makeRoom(link: Link, peer: PeerHello, peerSide: Uint8Array): OcapnError | undefined {
    const name = peerKey(peer.location);
    const active = this.#active.get(name);
    if (active !== undefined) {
      // A peer that has proven who it is and comes again has lost the session. Who only claims it may not end it.
      if (link.init.connection.remoteDesignator === undefined) {
        return new OcapnError("handshake", "there is a session with this peer already");
      }
      active.abort(new OcapnError("disconnected", "the peer has begun a new session"));
    }
    if (this.#active.size >= SESSIONS_MAX)
      return new OcapnError("limit", `${SESSIONS_MAX} sessions, which is the limit`);
    const outgoing = this.#dials.get(name)?.link;
    if (link.init.isOutgoing || outgoing === undefined || outgoing.isOver) return undefined;
    const crossed = new OcapnError("handshake", "crossed hellos: the other connection is used");
    if (compareBytes(publicIdentifier(outgoing.init.key.publicKey), peerSide) > 0) return crossed;
    // Its dial goes on with this session.
    this.#endHello(outgoing);
    const dial = this.#dials.get(name);
    this.#dials.delete(name);
    outgoing.refuse(crossed);
    if (dial !== undefined) this.#dials.set(name, dial);
    return undefined;
  }

  forget(session: Session): void {
    const name = peerKey(session.init.peerLocation);
    if (this.#active.get(name) === session) this.#active.delete(name);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const closed = new OcapnError("closed", "the peer was closed");
    for (const session of this.all) session.abort(closed);
    for (const link of [...this.#hellos.keys()]) link.refuse(closed);
    for (const dial of this.#dials.values()) dial.reject(closed);
    this.#dials.clear();
    await Promise.all(this.#init.netlayers.map((netlayer) => netlayer.close()));
  }
}

function unreachable(location: PeerLocator, error: unknown): OcapnError {
  const why = error instanceof Error ? error.message : "no reason";
  const code = error instanceof OcapnError ? error.code : "unreachable";
  const where = formatPeerUri({ ...location, hints: false });
  return new OcapnError(code, `${where}: ${why}`, { cause: error });
}

function ignore(): void {}
