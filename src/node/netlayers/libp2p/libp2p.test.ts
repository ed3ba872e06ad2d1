/**
 * The libp2p netlayer as all netlayers: between Node peers over TCP, over WebSockets, and over a relay.
 *
 * @module
 */
import type { PeerLocator } from "../../../ocapn/index.ts";
import type { DialOnlyNetwork } from "../../../ocapn/netlayers/netlayer.conformance.ts";
import { testDialOnly, testNetlayer } from "../../../ocapn/netlayers/netlayer.conformance.ts";
import { addressOf, makeSeed, startRelay } from "./fixture.conformance.ts";
import { startNodeLibp2p } from "./index.ts";

/** The id of a key that nobody has any more, at a port where nobody listens. */
const nowhere: PeerLocator = {
  transport: "libp2p",
  designator: "12D3KooWGEES6Ce6ibvPiYsUyLqwXDAZz2MPLpTTd2ugMwJ9aM3j",
  hints: { multiaddr: "/ip4/127.0.0.1/tcp/1" },
};

function overTransport(address: string): () => DialOnlyNetwork {
  return () => ({
    makeNetlayer: () => startNodeLibp2p({ seed: makeSeed(), listen: [address] }),
    makeClient: () => startNodeLibp2p({ seed: makeSeed() }),
    nowhere,
    proof: "both",
  });
}

testNetlayer("libp2p over TCP", overTransport("/ip4/127.0.0.1/tcp/0"));
testNetlayer("libp2p over WebSockets", overTransport("/ip4/127.0.0.1/tcp/0/ws"));
testDialOnly("libp2p", overTransport("/ip4/127.0.0.1/tcp/0"));

testNetlayer("libp2p over a relay", async () => {
  const relay = await startRelay();
  return {
    makeNetlayer: () => startNodeLibp2p({ seed: makeSeed(), relays: [addressOf(relay)] }),
    nowhere,
    proof: "both",
    dispose: () => relay.close(),
  };
});
