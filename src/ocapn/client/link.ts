/**
 * One connection: first the hello of both sides (CapTP draft, `op:start-session`), then the session.
 *
 * @module
 */

import { SyrupReader, SyrupSplitter, SyrupWriter } from "../../passable/index.ts";
import type { Session } from "../captp/session.ts";
import { locationToSign, NO_REFERENCES } from "../codecs/descriptors.ts";
import { ABORT, readMessage, START_SESSION } from "../codecs/messages.ts";
import { OcapnError } from "../errors.ts";
import type { Ed25519, SigningKey } from "../keys.ts";
import { ABORT_REASON_LENGTH_MAX, HELLO_BYTES_MAX, MESSAGE_BYTES_MAX } from "../limits.ts";
import { type PeerLocator, samePeer } from "../locator.ts";
import type { Connection, ConnectionHandler } from "../netlayer.ts";
import type { Holder, Unfinished } from "../unfinished.ts";

/** What the peer has said of itself, and proven as far as it can be. */
export interface PeerHello {
  readonly location: PeerLocator;
  readonly publicKey: Uint8Array;
}

export interface LinkInit {
  readonly connection: Connection;
  /** Where this side has dialled; undefined if the peer has. */
  readonly dialled?: PeerLocator;
  readonly ed25519: Ed25519;
  /** Of this session alone. */
  readonly key: SigningKey;
  /** Of this side, on the netlayer of the connection. */
  readonly location: PeerLocator;
  readonly captpVersion: string;
  /** What this connection and all others hold. */
  readonly unfinished: Unfinished;
  /** The peer's hello is right: a session to go on with, or why there shall be none. May close other links. */
  onHello(link: Link, hello: PeerHello): Session | OcapnError;
  /** Gone before there was a session. */
  onFailure(link: Link, error: OcapnError): void;
  onClose(link: Link): void;
}

export class Link implements ConnectionHandler, Holder {
  readonly init: LinkInit;
  readonly #splitter: SyrupSplitter = new SyrupSplitter({ bytesMax: MESSAGE_BYTES_MAX });
  #session: Session | undefined;
  #isOver = false;

  constructor(init: LinkInit) {
    this.init = init;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  sendHello(): void {
    const { key, location, captpVersion } = this.init;
    const writer = new SyrupWriter();
    const locationSignature = key.sign(locationToSign(location));
    START_SESSION.write(
      writer,
      { captpVersion, sessionPublicKey: key.publicKey, location, locationSignature },
      NO_REFERENCES,
    );
    this.init.connection.send([writer.take()]);
  }

  onData(bytes: Uint8Array): void {
    if (this.#isOver || this.#session?.isOver === true) return;
    try {
      this.#splitter.push(bytes, (message) => this.#onMessage(message));
      if (this.#session === undefined) assertHelloLength(this.#splitter.heldBytes);
    } catch (error) {
      this.#abort(error);
    }
    this.init.unfinished.set(this, this.#splitter.heldBytes);
    this.#session?.afterPiece();
  }

  giveUp(error: OcapnError): void {
    this.#splitter.close();
    this.#abort(error);
  }

  #abort(error: unknown): void {
    if (this.#session === undefined) this.refuse(asRefusal(error));
    else this.#session.abort(error);
  }

  onClose(error?: Error): void {
    const why = error === undefined ? "the connection was closed" : `the connection broke: ${error.message}`;
    if (this.#session !== undefined) this.#session.end(new OcapnError("disconnected", why));
    else this.#fail(new OcapnError("handshake", why));
    this.#isOver = true;
    this.#splitter.close();
    this.init.unfinished.forget(this);
    this.init.onClose(this);
  }

  #onMessage(bytes: Uint8Array): void {
    if (this.#isOver) return;
    if (this.#session !== undefined) {
      this.#session.receive(bytes);
      return;
    }
    assertHelloLength(bytes.length);
    const message = readMessage(new SyrupReader(bytes), NO_REFERENCES);
    switch (message.type) {
      case "op:start-session":
        this.#onHello(message);
        return;
      case "op:abort":
        this.#fail(new OcapnError("aborted", `the peer ended the session before it began: ${message.reason}`));
        this.init.connection.close();
        return;
      default:
        throw new OcapnError("malformed", `${message.type}: expected op:start-session first`);
    }
  }

  #onHello(message: {
    readonly captpVersion: string;
    readonly sessionPublicKey: Uint8Array;
    readonly location: PeerLocator;
    readonly locationSignature: Uint8Array;
  }): void {
    const { captpVersion, ed25519, connection, dialled } = this.init;
    const { location, sessionPublicKey: publicKey, locationSignature: signature } = message;
    if (message.captpVersion !== captpVersion) {
      throw new OcapnError(
        "handshake",
        `captp-version: expected ${captpVersion}, got ${message.captpVersion.slice(0, 64)}`,
      );
    }
    if (!ed25519.verify({ bytes: locationToSign(location), signature, publicKey })) {
      throw new OcapnError("handshake", "acceptable-location: the signature is not valid");
    }
    // A session is found by what its peer says of itself: that must be what this connection can show.
    if (location.transport !== this.init.location.transport) {
      throw new OcapnError("handshake", `acceptable-location: expected one on ${this.init.location.transport}`);
    }
    if (dialled !== undefined && !samePeer(dialled, location)) {
      throw new OcapnError("handshake", "acceptable-location: another peer was dialled");
    }
    const proven = connection.remoteDesignator;
    if (proven !== undefined && proven !== location.designator) {
      throw new OcapnError("handshake", "acceptable-location: the peer at this connection is another one");
    }
    const session = this.init.onHello(this, { location, publicKey });
    if (session instanceof OcapnError) throw session;
    this.#session = session;
  }

  /** Ends a connection that has no session yet, and says why. */
  refuse(error: OcapnError): void {
    if (this.#isOver) return;
    const writer = new SyrupWriter();
    ABORT.write(writer, { reason: error.message.slice(0, ABORT_REASON_LENGTH_MAX).toWellFormed() }, NO_REFERENCES);
    this.init.connection.send([writer.take()]);
    this.#fail(error);
    this.init.connection.close();
  }

  #fail(error: OcapnError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.init.onFailure(this, error);
  }
}

/** Whoever connects may make this side hold only so much before it is known. */
function assertHelloLength(byteLength: number): void {
  if (byteLength <= HELLO_BYTES_MAX) return;
  throw new OcapnError("limit", `op:start-session: expected at most ${HELLO_BYTES_MAX} bytes`);
}

function asRefusal(error: unknown): OcapnError {
  if (error instanceof OcapnError) return error;
  return new OcapnError("malformed", error instanceof Error ? error.message : "malformed message");
}
