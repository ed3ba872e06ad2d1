/**
 * The netlayer `websocket` with Node's half: a server that can be dialled, by the package `ws`.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import {
  KEY_BYTES,
  limits,
  makeWebSocketNetlayer,
  type Netlayer,
  type WebSocketComponents,
  type WebSocketInit,
  type WebSocketLike,
  type WebSocketServerLike,
} from "../../ocapn/index.ts";
import { makeNodeEd25519 } from "../ed25519.ts";
import { Awake } from "./awake.ts";
import { watchHeldBytes } from "./held-frames.ts";
import { Newcomers } from "./newcomers.ts";

/** Compression would let a small frame grow large, and secrets beside chosen text be guessed by its length. */
const SOCKET_OPTIONS = {
  maxPayload: limits.FRAME_BYTES_MAX,
  maxFragments: limits.FRAGMENTS_MAX,
  perMessageDeflate: false,
} as const;
const UPGRADE_REQUIRED = 426;

/** Without a key it has a new one, and so a new designator. */
export interface NodeWebSocketInit extends Partial<WebSocketInit> {
  /** To listen at. Default: 127.0.0.1, and a port that is free. */
  readonly host?: string;
  readonly port?: number;
  /** Where peers reach it, if not there: behind a proxy that speaks TLS, for example. */
  readonly url?: string;
}

/** All but the server: for peers of Node that only dial. */
export function nodeWebSocketComponents(): WebSocketComponents {
  return Object.freeze({
    ed25519: makeNodeEd25519(),
    random: (byteLength: number) => new Uint8Array(randomBytes(byteLength)),
    after(timeoutMs: number, callback: () => void) {
      const timer = setTimeout(callback, timeoutMs);
      return () => clearTimeout(timer);
    },
    WebSocket: ClientSocket as unknown as WebSocketComponents["WebSocket"],
  });
}

export async function makeNodeWebSocketNetlayer(init: NodeWebSocketInit = {}): Promise<Netlayer> {
  const { host = "127.0.0.1", port = 0 } = init;
  const http = createServer((_request, response) => response.writeHead(UPGRADE_REQUIRED).end());
  const newcomers = new Newcomers();
  http.on("connection", (socket) => newcomers.add(socket));
  http.listen({ host, port });
  await once(http, "listening");
  const { address, port: boundPort } = http.address() as AddressInfo;
  const url = init.url ?? `ws://${address.includes(":") ? `[${address}]` : address}:${boundPort}`;
  const components = nodeWebSocketComponents();
  const key = init.key ?? components.ed25519.makeKey(components.random(KEY_BYTES));
  return makeWebSocketNetlayer({ ...init, key }, { ...components, server: makeServer({ http, newcomers, url }) });
}

/** One that can hold back its frames until there are several: a system call for each is half of what a small message costs. */
class CorkedSocket extends WebSocket {
  stream: Socket | undefined;
  readonly maskBytes: number = 4;
  readonly #awake = new Awake();

  cork(): void {
    this.stream?.cork();
  }

  uncork(): void {
    this.stream?.uncork();
  }

  override pause(): void {
    super.pause();
    this.#awake.begin();
  }

  override resume(): void {
    super.resume();
    this.#awake.end();
  }

  onHeld(onHeld: (byteCount: number) => void): void {
    const watch = (): void => {
      const { stream, maskBytes } = this;
      if (stream !== undefined) watchHeldBytes({ socket: this, stream, maskBytes, onHeld });
    };
    if (this.readyState === WebSocket.OPEN) watch();
    else this.once("open", watch);
  }
}

class ClientSocket extends CorkedSocket {
  override readonly maskBytes = 0;

  constructor(url: string) {
    super(url, SOCKET_OPTIONS);
    this.once("upgrade", (response) => {
      this.stream = response.socket;
    });
  }
}

function makeServer(init: {
  readonly http: Server;
  /** Those that are no WebSockets yet. */
  readonly newcomers: Newcomers;
  readonly url: string;
}): WebSocketServerLike {
  const { http, newcomers, url } = init;
  const server = new WebSocketServer({
    ...SOCKET_OPTIONS,
    server: http,
    clientTracking: false,
    WebSocket: CorkedSocket,
  });
  // What goes wrong after it listens concerns one dial, whose dialler is told by the system.
  server.on("error", () => {});
  return Object.freeze({
    url,
    onSocket(accept: (socket: WebSocketLike, where: string) => void): void {
      server.on("connection", (socket: CorkedSocket, request: IncomingMessage) => {
        const { remoteAddress, remotePort } = request.socket;
        newcomers.release(request.socket);
        socket.stream = request.socket;
        accept(socket as unknown as WebSocketLike, `${remoteAddress}:${remotePort}`);
      });
    },
    async close(): Promise<void> {
      server.close();
      const closed = new Promise<void>((resolve) => http.close(() => resolve()));
      // Who has only half a request, or none, would keep it open.
      newcomers.turnAwayAll();
      await closed;
    },
  });
}
