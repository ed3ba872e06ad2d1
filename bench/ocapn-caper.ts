/**
 * Caper's OCapN, over each of its netlayers.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { makeNodeOcapn, makeNodeWebSocketNetlayer, makeTcpTestingNetlayer } from "../src/node/index.ts";
import { E, type Netlayer } from "../src/ocapn/index.ts";
import { Far } from "../src/passable/index.ts";
import { makeCounter, makeEventualClient, type RemoteCounter } from "./ocapn-eventual.ts";
import type { System } from "./ocapn-system.ts";

function makeCaper(name: string, makeNetlayer: () => Promise<Netlayer>): System {
  const makePeer = async () => makeNodeOcapn({ netlayers: [await makeNetlayer()] });
  return {
    name: `Caper, ${name}`,
    takesBytes: true,
    serve: async () => (await makePeer()).serve(makeCounter(Far)),
    async connect(address) {
      const peer = await makePeer();
      const counter = (await peer.enliven(address)) as RemoteCounter;
      return makeEventualClient(
        (target) => E(target) as unknown as RemoteCounter,
        counter,
        () => peer.close(),
      );
    },
  };
}

export const caperTcp: System = makeCaper("TCP", () => makeTcpTestingNetlayer({ framing: "prefixed" }));
export const caperWebSocket: System = makeCaper("WebSocket", () => makeNodeWebSocketNetlayer());
/** Loads a large library, which the others shall not carry along. */
export const caperLibp2p: System = makeCaper("libp2p", async () => {
  const { startNodeLibp2p } = await import("../src/node/netlayers/libp2p/index.ts");
  return await startNodeLibp2p({ seed: randomBytes(32), listen: ["/ip4/127.0.0.1/tcp/0"] });
});
