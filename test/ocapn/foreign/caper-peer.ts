/**
 * A Caper peer for the tests against others, on the netlayer of that name.
 *
 * @module
 */
import { makeNodeOcapn, makeNodeWebSocketNetlayer, makeTcpTestingNetlayer } from "../../../src/node/index.ts";
import type { Netlayer, Ocapn } from "../../../src/ocapn/index.ts";
import type { NetlayerName } from "./side.ts";

const NETLAYERS: { readonly [name in NetlayerName]: () => Promise<Netlayer> } = {
  "tcp-prefixed": () => makeTcpTestingNetlayer({ framing: "prefixed" }),
  "tcp-raw": () => makeTcpTestingNetlayer({ framing: "raw" }),
  websocket: () => makeNodeWebSocketNetlayer(),
};

export async function makeCaperPeer(netlayer: NetlayerName): Promise<Ocapn> {
  return makeNodeOcapn({ netlayers: [await NETLAYERS[netlayer]()] });
}
