/**
 * The netlayer `websocket`, as Endo and Goblins practise it (in no draft yet). The peer that is dialled proves its designator, which is
 * its key; who dials proves nothing. Others can neither read nor change what is sent only where the URL begins with `wss:`.
 *
 * @module
 */

import { OcapnError } from "../errors.ts";
import type { Ed25519, SigningKey } from "../keys.ts";
import { CONNECTIONS_MAX, UNFINISHED_BYTES_MAX } from "../limits.ts";
import { hintOf, makePeerLocator, type PeerLocator } from "../locator.ts";
import type { Attach, Netlayer } from "../netlayer.ts";
import { Unfinished } from "../unfinished.ts";
import { makeRoom } from "./make-room.ts";
import {
  answerChallenge,
  CHALLENGE_BYTES,
  checkAnswer,
  designatorToKey,
  encodeChallenge,
  keyToDesignator,
} from "./peer-auth.ts";
import { terminate, WebSocketConnection, type WebSocketLike } from "./websocket-connection.ts";

const TRANSPORT = "websocket";
const URL_OF_A_WEBSOCKET = /^wss?:\/\//i;

export interface WebSocketInit {
  /** Of the designator. Who cannot be dialled has one, too: its name is not proven, but its own. */
  readonly key: SigningKey;
  /** Incoming ones at once, those in their handshake included, which give way. Default: `CONNECTIONS_MAX` of the limits. */
  readonly connectionsMax?: number;
  /** Locators come from other peers, too, and so the URLs in them. Default: all are dialled. */
  readonly mayDial?: (url: string) => boolean;
}

/** What the system provides. */
export interface WebSocketComponents {
  readonly ed25519: Ed25519;
  /** Unpredictable bytes. */
  random(byteLength: number): Uint8Array;
  /** Runs the callback later, unless what it returns is called before. */
  after(timeoutMs: number, callback: () => void): () => void;
  readonly WebSocket: new (url: string) => WebSocketLike;
  /** Without one, the peer can dial only. The netlayer closes it. */
  readonly server?: WebSocketServerLike;
}

export interface WebSocketServerLike {
  /** Where peers reach it. */
  readonly url: string;
  /** Sockets that are open, from now on. Called once. */
  onSocket(accept: (socket: WebSocketLike, where: string) => void): void;
  /** It takes no more. */
  close(): Promise<void>;
}

export function makeWebSocketNetlayer(init: WebSocketInit, components: WebSocketComponents): Netlayer {
  return new WebSocketNetlayer(init, components);
}

class WebSocketNetlayer implements Netlayer {
  readonly location: PeerLocator;
  readonly provesDialled = true;
  readonly #init: WebSocketInit;
  readonly #components: WebSocketComponents;
  readonly #incoming = new Set<WebSocketConnection>();
  readonly #outgoing = new Set<WebSocketConnection>();
  readonly #unfinished = new Unfinished(UNFINISHED_BYTES_MAX);
  #attach: Attach | undefined;
  #closing: Promise<void> | undefined;

  constructor(init: WebSocketInit, components: WebSocketComponents) {
    this.#init = init;
    this.#components = components;
    const { server } = components;
    this.location = makePeerLocator({
      transport: TRANSPORT,
      designator: keyToDesignator(init.key.publicKey),
      hints: server === undefined ? false : { url: server.url },
    });
    server?.onSocket((socket, where) => this.#accept(socket, where));
    Object.freeze(this);
  }

  listen(attach: Attach): void {
    this.#attach = attach;
  }

  async connect(location: PeerLocator, attach: Attach): Promise<void> {
    if (this.#closing !== undefined) throw new OcapnError("closed", `${TRANSPORT}: this netlayer is closed`);
    const connection = this.#dial(location, attach);
    this.#keep(connection, this.#outgoing);
    try {
      await connection.attached;
    } catch (cause) {
      const code = this.#closing === undefined ? "unreachable" : "closed";
      throw new OcapnError(code, (cause as Error).message, { cause });
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const closed = this.#components.server?.close();
    const connections = [...this.#incoming, ...this.#outgoing];
    for (const connection of connections) connection.close();
    await Promise.all([closed, ...connections.map((connection) => connection.over)]);
  }

  #dial(location: PeerLocator, attach: Attach): WebSocketConnection {
    const { WebSocket, ed25519, random, after } = this.#components;
    const { designator, transport } = location;
    const url = hintOf(location, "url");
    const publicKey = designatorToKey(designator);
    if (transport !== TRANSPORT) throw unreachable(`${designator} is on ${transport}`);
    if (publicKey === undefined) throw unreachable(`${designator} is no key in base32`);
    if (url === undefined) throw unreachable(`${designator} has no hint url: it can only dial`);
    if (!URL_OF_A_WEBSOCKET.test(url)) throw unreachable(`${designator}: expected a URL ws: or wss:, got ${url}`);
    if (this.#init.mayDial?.(url) === false) throw unreachable(`${url}: this peer may not dial it`);
    const challenge = encodeChallenge(random(CHALLENGE_BYTES));
    return new WebSocketConnection({
      socket: makeSocket(WebSocket, url),
      where: `${TRANSPORT}: ${url}`,
      onOpen: () => challenge,
      onFirstFrame(answer) {
        checkAnswer(answer, { challenge, publicKey, ed25519 });
        return undefined;
      },
      attach,
      remoteDesignator: designator,
      unfinished: this.#unfinished,
      after,
    });
  }

  #accept(socket: WebSocketLike, where: string): void {
    const attach = this.#attach;
    const { key, connectionsMax = CONNECTIONS_MAX } = this.#init;
    const hasRoom = () => makeRoom(this.#incoming, connectionsMax, `${TRANSPORT}: `);
    if (attach === undefined || this.#closing !== undefined || !hasRoom()) {
      hangUp(socket);
      return;
    }
    const connection = new WebSocketConnection({
      socket,
      where: `${TRANSPORT}: ${where}`,
      onOpen: () => undefined,
      onFirstFrame: (challenge) => answerChallenge(challenge, key),
      attach,
      unfinished: this.#unfinished,
      after: this.#components.after,
    });
    this.#keep(connection, this.#incoming);
  }

  #keep(connection: WebSocketConnection, among: Set<WebSocketConnection>): void {
    among.add(connection);
    void connection.over.then(() => among.delete(connection));
  }
}

function makeSocket(WebSocket: WebSocketComponents["WebSocket"], url: string): WebSocketLike {
  try {
    return new WebSocket(url);
  } catch (cause) {
    throw unreachable(`${url}: ${(cause as Error).message}`, { cause });
  }
}

/** At once, whatever it sends meanwhile: what is wrong with that concerns nobody. */
function hangUp(socket: WebSocketLike): void {
  socket.addEventListener("error", () => {});
  terminate(socket);
}

function unreachable(why: string, options?: ErrorOptions): OcapnError {
  return new OcapnError("unreachable", `${TRANSPORT}: ${why}`, options);
}
