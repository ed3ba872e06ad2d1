/**
 * At most one session with each peer: found, dialled, or accepted; and which of two goes on where both sides dialled at once (CapTP draft, Crossed
 * Hellos Resolution).
 *
 * Where a netlayer proves who is dialled, but not who dials, a session that came in is kept apart from those by name: else a stranger could come in
 * under a friend's name, and be told the secrets that are meant for the friend.
 *
 * @module
 */

import { compareBytes, publicIdentifier, sessionIdentifier } from "../captp/identity.ts";
import type { Session } from "../captp/session.ts";
import { OcapnError } from "../errors.ts";
import type { Ed25519, SigningKey } from "../keys.ts";
import { HANDSHAKE_TIMEOUT_MS, HANDSHAKES_MAX, SESSIONS_MAX, UNFINISHED_BYTES_MAX } from "../limits.ts";
import { formatPeerUri, type PeerLocator, peerKey } from "../locator.ts";
import type { Connection, Netlayer } from "../netlayer.ts";
import { Unfinished } from "../unfinished.ts";
import { Link, type PeerHello } from "./link.ts";

export interface SessionsInit {
  readonly netlayers: readonly Netlayer[];
  readonly ed25519: Ed25519;
  readonly captpVersion: string;
  /** Take incoming peers for whom they say they are, also where dialling would prove it. */
  readonly believesClaims: boolean;
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
  stopTimer(): void;
  /** As soon as there is a connection. */
  link: Link | undefined;
}

export class Sessions {
  readonly #init: SessionsInit;
  readonly #active = new Map<string, { readonly session: Session; readonly since: number }>();
  /** With peers who only say who they are: good for what they ask here, and not for finding who they say they are. */
  readonly #claimed = new Set<Session>();
  readonly #dials = new Map<string, Dial>();
  /** Without a session yet. */
  readonly #hellos = new Map<Link, { readonly since: number; readonly isClaim: boolean; stopTimer(): void }>();
  readonly #unfinished = new Unfinished(UNFINISHED_BYTES_MAX);
  /** Counts connections and sessions, in the order in which they began. */
  #begun = 0;
  #isClosed = false;

  constructor(init: SessionsInit) {
    this.#init = init;
    for (const netlayer of init.netlayers) {
      netlayer.listen((connection) => this.#attach({ netlayer, connection }));
    }
  }

  get all(): readonly Session[] {
    return [...[...this.#active.values()].map(({ session }) => session), ...this.#claimed];
  }

  active(location: PeerLocator): Session | undefined {
    return this.#active.get(peerKey(location))?.session;
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
    if (active !== undefined) return Promise.resolve(active.session);
    return (this.#dials.get(key) ?? this.#dial(key, location)).promise;
  }

  #dial(key: string, location: PeerLocator): Dial {
    const { promise, resolve, reject } = Promise.withResolvers<Session>();
    const fail = (error: unknown): void => {
      if (this.#dials.get(key) !== dial) return;
      this.#endDial(key);
      reject(unreachable(location, error));
    };
    const stopTimer = this.#init.after(HANDSHAKE_TIMEOUT_MS, () => {
      dial.link?.refuse(late());
      fail(late());
    });
    const dial: Dial = { promise, resolve, reject, stopTimer, link: undefined };
    promise.catch(ignore);
    this.#dials.set(key, dial);
    const netlayer = this.#init.netlayers.find(({ location: own }) => own.transport === location.transport);
    if (netlayer === undefined) {
      const known = this.#init.netlayers.map(({ location: own }) => own.transport).join(", ");
      fail(new OcapnError("unreachable", `no netlayer for ${location.transport}; there are ${known}`));
      return dial;
    }
    netlayer
      .connect(location, (connection) => {
        const link = this.#attach({ netlayer, connection, dialled: location, fail });
        dial.link = link;
        // The peer may have dialled as well, and be there already; or it took too long.
        if (this.#dials.get(key) === dial) link.sendHello();
        else link.refuse(new OcapnError("handshake", "nobody waits for this connection any more"));
        return link;
      })
      .catch(fail);
    return dial;
  }

  #endDial(key: string): Dial | undefined {
    const dial = this.#dials.get(key);
    this.#dials.delete(key);
    dial?.stopTimer();
    return dial;
  }

  #attach(found: {
    readonly netlayer: Netlayer;
    readonly connection: Connection;
    readonly dialled?: PeerLocator;
    readonly fail?: (error: OcapnError) => void;
  }): Link {
    const { netlayer, connection, dialled } = found;
    const link = new Link({
      connection,
      ...(dialled === undefined ? {} : { dialled }),
      ed25519: this.#init.ed25519,
      key: this.#init.makeKey(),
      location: netlayer.location,
      captpVersion: this.#init.captpVersion,
      unfinished: this.#unfinished,
      onHello: (from, hello) => this.#onHello(from, hello),
      onFailure: (from, error) => {
        this.#endHello(from);
        // The peer prefers the connection that it has dialled itself: its hello is under way. Should it not come, the dial takes too long.
        if (error.code !== "aborted" || !/crossed/i.test(error.message)) found.fail?.(error);
      },
      onClose: (from) => this.#endHello(from),
    });
    const stopTimer =
      dialled === undefined ? this.#init.after(HANDSHAKE_TIMEOUT_MS, () => link.refuse(late())) : () => {};
    const isProven = dialled !== undefined || connection.remoteDesignator !== undefined;
    const isClaim = !isProven && netlayer.provesDialled === true && !this.#init.believesClaims;
    this.#hellos.set(link, { since: this.#begun++, isClaim, stopTimer });
    if (this.#isClosed) link.refuse(new OcapnError("closed", "this peer was closed"));
    else if (dialled === undefined) this.#boundHellos();
    return link;
  }

  /** Who has been silent for longest goes, and not who comes last: else silent strangers could keep out everybody, and an honest peer says hello at once. */
  #boundHellos(): void {
    const incoming = [...this.#hellos.keys()].filter(({ init }) => init.dialled === undefined);
    if (incoming.length <= HANDSHAKES_MAX) return;
    incoming[0]?.refuse(new OcapnError("limit", "too many connections at once: who has no session for longest goes"));
  }

  #endHello(link: Link): void {
    this.#hellos.get(link)?.stopTimer();
    this.#hellos.delete(link);
  }

  #onHello(link: Link, peer: PeerHello): Session | OcapnError {
    const { connection, key, dialled } = link.init;
    if (this.isOwn(peer.location)) return new OcapnError("handshake", "acceptable-location: it is this peer's own");
    const side = publicIdentifier(key.publicKey);
    const peerSide = publicIdentifier(peer.publicKey);
    const isClaim = this.#hellos.get(link)?.isClaim === true;
    const refusal = this.#isFull ?? (isClaim ? undefined : this.#makeRoom(link, peer, peerSide));
    if (refusal !== undefined) return refusal;
    if (dialled === undefined) link.sendHello();
    this.#endHello(link);
    const id = sessionIdentifier(side, peerSide);
    const session = this.#init.makeSession({ connection, key, peer, id, side, peerSide });
    if (isClaim) {
      this.#claimed.add(session);
      return session;
    }
    const name = peerKey(peer.location);
    this.#active.set(name, { session, since: this.#begun++ });
    this.#endDial(name)?.resolve(session);
    return session;
  }

  get #isFull(): OcapnError | undefined {
    if (this.#active.size + this.#claimed.size < SESSIONS_MAX) return undefined;
    return new OcapnError("limit", `${SESSIONS_MAX} sessions, which is the limit`);
  }

  /** Only one session with each peer. Ends the other one, or says why this one cannot be. */
  #makeRoom(link: Link, peer: PeerHello, peerSide: Uint8Array): OcapnError | undefined {
    const name = peerKey(peer.location);
    const active = this.#active.get(name);
    const crossed = new OcapnError("handshake", "crossed hellos: the other connection is used");
    if (active !== undefined) {
      // A peer that has proven who it is and comes again has lost the session. Who only claims it may not end it.
      if (link.init.connection.remoteDesignator === undefined) {
        return new OcapnError("handshake", "there is a session with this peer already");
      }
      // It said this before it took the other connection.
      if ((this.#hellos.get(link)?.since ?? 0) < active.since) return crossed;
      active.session.abort(new OcapnError("disconnected", "the peer has begun a new session"));
    }
    const dial = this.#dials.get(name);
    const outgoing = dial?.link;
    if (link.init.dialled !== undefined || outgoing === undefined || outgoing.isOver) return undefined;
    if (compareBytes(publicIdentifier(outgoing.init.key.publicKey), peerSide) > 0) return crossed;
    // Its dial goes on with this session.
    dial!.link = undefined;
    this.#dials.delete(name);
    outgoing.refuse(crossed);
    this.#dials.set(name, dial!);
    return undefined;
  }

  forget(session: Session): void {
    this.#claimed.delete(session);
    const name = peerKey(session.init.peerLocation);
    if (this.#active.get(name)?.session === session) this.#active.delete(name);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const closed = new OcapnError("closed", "the peer was closed");
    for (const session of this.all) session.abort(closed);
    for (const link of [...this.#hellos.keys()]) link.refuse(closed);
    for (const key of [...this.#dials.keys()]) this.#endDial(key)?.reject(closed);
    await Promise.all(this.#init.netlayers.map((netlayer) => netlayer.close()));
  }
}

function late(): OcapnError {
  return new OcapnError("handshake", `no session within ${HANDSHAKE_TIMEOUT_MS} ms`);
}

function unreachable(location: PeerLocator, error: unknown): OcapnError {
  const why = error instanceof Error ? error.message : "no reason";
  const code = error instanceof OcapnError ? error.code : "unreachable";
  const where = formatPeerUri({ ...location, hints: false });
  return new OcapnError(code, `${where}: ${why}`, { cause: error });
}

function ignore(): void {}
