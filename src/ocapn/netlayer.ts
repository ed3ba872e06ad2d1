/**
 * Netlayers: ways to reach peers (OCapN Netlayers draft). The session above needs whole messages in order, and to learn when the
 * connection is gone; who is at the other end, and whether others can listen, is the netlayer's to say.
 *
 * @module
 */

import type { PeerLocator } from "./locator.ts";

/** One end of a connection. Whoever got it from `attach` closes it. */
export interface Connection {
  /**
   * Queues whole Syrup messages, in order; the netlayer may join them. It takes the bytes over: the caller must not change them any more.
   * Never throws; what is sent after the end is dropped.
   */
  send(messages: readonly Uint8Array[]): void;
  /** Taken by `send`, but not yet by the network. */
  readonly bufferedBytes: number;
  /** What was sent still goes out. Idempotent; `onClose` follows. */
  close(): void;
  /**
   * Where the netlayer can hold the other side back: no more is read until `resume`, so that the other side's `bufferedBytes` grow. What was read already
   * may still come. The end may not be seen until then; `close` resumes.
   */
  pause?(): void;
  resume?(): void;
  /** Who the netlayer has proven to be at the other end. Absent where it proves nothing: then a peer's location is only a claim. */
  readonly remoteDesignator?: string;
}

/** What the session does with what comes in. None of its methods throws. */
export interface ConnectionHandler {
  /** The peer's messages as a stream: where a chunk ends means nothing. The bytes are the handler's. */
  onData(bytes: Uint8Array): void;
  /** Once, and the last call: ended by either side, or broken (then with an error). */
  onClose(error?: Error): void;
}

/** Called for each connection as soon as it can carry messages (after the netlayer's own handshake, if it has one). */
export type Attach = (connection: Connection) => ConnectionHandler;

export interface Netlayer {
  /** Where peers find this one, if they can. Its `transport` is the name of the netlayer. */
  readonly location: PeerLocator;
  /** Whether `connect` proves who was reached. Then nobody who comes in is taken for another peer without proof. Default: false. */
  readonly provesDialled?: boolean;
  /** From now on incoming connections are attached. Called once. Netlayers that cannot be dialled never call it. */
  listen(attach: Attach): void;
  /** Resolves after `attach` was called. Rejects with an `OcapnError`: `unreachable`, with where and why; `closed` after `close`. */
  connect(location: PeerLocator, attach: Attach): Promise<void>;
  /** Closes all connections and hears no more. */
  close(): Promise<void>;
}
