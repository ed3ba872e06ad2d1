/**
 * A libp2p peer in a browser: it dials by WebSocket, and others reach it over relays.
 *
 * @module
 */

import { circuitRelayTransport } from "@libp2p/circuit-relay-v2";
import { webSockets } from "@libp2p/websockets";
import { createLibp2p } from "libp2p";
import type { Netlayer } from "../../netlayer.ts";
import { makeLibp2pNetlayer } from "./netlayer.ts";
import { type Libp2pPeerInit, makePeerOptions } from "./peer-options.ts";

export async function startBrowserLibp2p(init: Libp2pPeerInit): Promise<Netlayer> {
  const libp2p = await createLibp2p({
    ...(await makePeerOptions(init)),
    transports: [webSockets(), circuitRelayTransport()],
  });
  return makeLibp2pNetlayer({ ...init, libp2p });
}
