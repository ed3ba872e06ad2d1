/**
 * libp2p's WebSockets, with what its listener leaves open: a frame that is none would end the process by an error event that nobody hears, who sends no
 * request would stay for ever and keep the listener from closing, and a message of 100 MiB would be held of anybody.
 *
 * @module
 */

import type { Server } from "node:net";
import type { Listener } from "@libp2p/interface";
import { webSockets } from "@libp2p/websockets";
import { WebSocket, type WebSocketServer } from "ws";
import { limits } from "../../../ocapn/index.ts";
import { Newcomers } from "../newcomers.ts";

/** Eight times what peers of this kind send; others may join more. */
export const WEBSOCKET_MESSAGE_BYTES_MAX = 1_048_576;

export function boundedWebSockets(): ReturnType<typeof webSockets> {
  return (components) => {
    const transport = webSockets()(components);
    const createListener = transport.createListener.bind(transport);
    return Object.assign(transport, {
      createListener: (options: Parameters<typeof createListener>[0]) => bound(createListener(options)),
    });
  };
}

/** The code by which libp2p resets a connection, and which `ws` refuses to send. */
const RESET = 1006;

class IncomingSocket extends WebSocket {
  constructor(...init: ConstructorParameters<typeof WebSocket>) {
    super(...init);
    this.on("error", () => this.terminate());
  }

  override close(code?: number, reason?: string): void {
    if (code === RESET) this.terminate();
    else super.close(code, reason);
  }
}

function bound(listener: Listener): Listener {
  // Of its class, not of libp2p's interface.
  const { server, wsServer } = listener as Listener & { readonly server: Server; readonly wsServer: WebSocketServer };
  Object.assign(wsServer.options, {
    WebSocket: IncomingSocket,
    maxPayload: WEBSOCKET_MESSAGE_BYTES_MAX,
    maxFragments: limits.FRAGMENTS_MAX,
    closeTimeout: limits.CLOSE_TIMEOUT_MS,
  });
  const newcomers = new Newcomers();
  server.on("connection", (socket) => newcomers.add(socket));
  // It becomes a WebSocket, of which libp2p knows.
  wsServer.on("headers", (_headers, { socket }) => newcomers.release(socket));
  const close = listener.close.bind(listener);
  return Object.assign(listener, {
    close(): Promise<void> {
      newcomers.turnAwayAll();
      return close();
    },
  });
}
