/**
 * What strangers do to a libp2p peer before they have proven anything: silence, half of what is expected, and what nobody expects.
 *
 * @module
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { tcp } from "@libp2p/tcp";
import { createLibp2p } from "libp2p";
import { afterEach, describe, expect, it } from "vitest";
import type { Netlayer } from "../../../ocapn/index.ts";
import { Listener } from "../../../ocapn/netlayers/fixture.conformance.ts";
import { makeLibp2pNetlayer, makePeerOptions } from "../../../ocapn/netlayers/libp2p/index.ts";
import { INCOMING_PENDING_MAX } from "../../../ocapn/netlayers/libp2p/limits.ts";
import { BINARY, encodeFrame, upgradeRequest } from "../raw-websocket.conformance.ts";
import { addressesOf, LOOPBACK_TCP, makeSeed } from "./fixture.conformance.ts";
import { startNodeLibp2p } from "./index.ts";
import { WEBSOCKET_MESSAGE_BYTES_MAX } from "./websockets.ts";

const disposals: (() => unknown)[] = [];
afterEach(async () => {
  for (const dispose of disposals.splice(0)) await dispose();
});

async function keep(netlayer: Netlayer): Promise<Netlayer> {
  disposals.push(() => netlayer.close());
  return netlayer;
}

async function startPeer(listen: readonly string[] = []): Promise<Netlayer> {
  const netlayer = await keep(await startNodeLibp2p({ seed: makeSeed(), listen }));
  netlayer.listen(new Listener().attach);
  return netlayer;
}

/** Connected, with nothing said. */
async function connectTo(netlayer: Netlayer): Promise<Socket> {
  const [, port] = /\/tcp\/([0-9]+)/.exec(addressesOf(netlayer)[0] ?? "") ?? [];
  const socket = connect({ host: "127.0.0.1", port: Number(port) });
  disposals.push(() => socket.destroy());
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket.resume();
}

function gone(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

/** That an honest peer still gets in. */
async function meet(netlayer: Netlayer): Promise<void> {
  const dialler = new Listener();
  await (await startPeer()).connect(netlayer.location, dialler.attach);
  expect(dialler.ends[0]?.closes).toEqual([]);
}

const UPGRADE = upgradeRequest("x");
const WEBSOCKET = `${LOOPBACK_TCP}/ws`;

const strangers: readonly (readonly [string, string, string])[] = [
  ["TCP", LOOPBACK_TCP, ""],
  ["TCP", LOOPBACK_TCP, "\x13/multistream/1.0.0\n"],
  ["TCP", LOOPBACK_TCP, UPGRADE],
  ["WebSocket", WEBSOCKET, ""],
  ["WebSocket", WEBSOCKET, "GET / HTTP/1.1\r\nHost: x\r\n"],
  ["WebSocket", WEBSOCKET, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"],
  ["WebSocket", WEBSOCKET, "\x16\x03\x01"],
  ["WebSocket", WEBSOCKET, UPGRADE],
  ["WebSocket", WEBSOCKET, `${UPGRADE}\x82\xff`],
  ["WebSocket", WEBSOCKET, `${UPGRADE}\xff\xff\xff\xff`],
];

describe("strangers at a libp2p peer", () => {
  it.each(strangers)("harm nobody, and do not keep it from closing: by %s at %s, with %j", async (_, listen, bytes) => {
    const netlayer = await startPeer([listen]);
    const socket = await connectTo(netlayer);
    const isGone = gone(socket);
    socket.write(Buffer.from(bytes, "latin1"));
    await meet(netlayer);
    await netlayer.close();
    await isGone;
  });

  it.each([
    ["what is no frame", Buffer.from([0xff, 0xff, 0xff, 0xff])],
    ["a message too long", encodeFrame({ opcode: BINARY, payload: new Uint8Array(WEBSOCKET_MESSAGE_BYTES_MAX + 1) })],
  ])("are hung up on when they send %s", async (_, frame) => {
    const netlayer = await startPeer([WEBSOCKET]);
    const socket = await connectTo(netlayer);
    const isGone = gone(socket);
    socket.write(UPGRADE);
    // The beginning says enough.
    socket.write(frame.subarray(0, 64));
    await isGone;
    await meet(netlayer);
  });

  it("may be so many at once; of more, the one goes that was silent for longest", async () => {
    const options = await makePeerOptions({ seed: makeSeed() });
    // They come from one host here, of which few may come in a second.
    const connectionManager = { ...options.connectionManager, inboundConnectionThreshold: 10 * INCOMING_PENDING_MAX };
    const addresses = { listen: [LOOPBACK_TCP] };
    const libp2p = await createLibp2p({ ...options, connectionManager, addresses, transports: [tcp()] });
    const netlayer = await keep(makeLibp2pNetlayer({ libp2p }));
    netlayer.listen(new Listener().attach);
    const silent: Socket[] = [];
    for (let count = 0; count < INCOMING_PENDING_MAX; count += 1) silent.push(await connectTo(netlayer));
    const isGone = gone(silent[0] as Socket);
    await meet(netlayer);
    await isGone;
    expect(silent.slice(1).filter(({ destroyed }) => destroyed)).toEqual([]);
  });
});
