/**
 * Streams as connections: what libp2p's own buffers must not be left to do.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { yamux } from "@chainsafe/libp2p-yamux";
import type { Libp2p, Stream } from "@libp2p/interface";
import { tcp } from "@libp2p/tcp";
import { createLibp2p } from "libp2p";
import { afterEach, describe, expect, it } from "vitest";
import { turns } from "../fixture.conformance.ts";
import { CHUNK_BYTES_MAX } from "./limits.ts";
import { makePeerOptions } from "./peer-options.ts";
import { attachStream } from "./stream-connection.ts";

const PROTOCOL = "/test/1";
const SMALL_WINDOW_BYTES = 262_144;
const BYTES = 16 << 20;

const nodes: Libp2p[] = [];
afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.stop()));
});

async function startNode(listen: readonly string[]): Promise<Libp2p> {
  const node = await createLibp2p({
    ...(await makePeerOptions({ seed: randomBytes(32) })),
    addresses: { listen: [...listen] },
    transports: [tcp()],
    streamMuxers: [yamux({ streamOptions: { maxStreamWindowSize: SMALL_WINDOW_BYTES } })],
  });
  nodes.push(node);
  return node;
}

describe("a stream as a connection", () => {
  it("hands libp2p no more than it can send, however small the steps in which the peer takes it", async () => {
    const [near, far] = [await startNode([]), await startNode(["/ip4/127.0.0.1/tcp/0"])];
    let stream: Stream | undefined;
    let received = 0;
    let heldMax = 0;
    await far.handle(PROTOCOL, (incoming) => {
      incoming.addEventListener("message", ({ data }) => {
        received += data.byteLength;
        heldMax = Math.max(heldMax, stream?.writeBufferLength ?? 0);
      });
    });
    stream = await near.dialProtocol(far.getMultiaddrs(), PROTOCOL);
    const connection = attachStream({
      stream,
      remoteDesignator: far.peerId.toString(),
      closeTimeoutMs: 1_000,
      attach: () => ({ onData: () => {}, onClose: () => {} }),
    });
    connection.send([new Uint8Array(BYTES)]);
    while (received < BYTES) await turns(1);
    expect(heldMax).toBeLessThanOrEqual(CHUNK_BYTES_MAX);
  });
});
