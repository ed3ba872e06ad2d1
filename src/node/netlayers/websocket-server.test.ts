/**
 * WebSocket: as a netlayer like the others, with the clients of `ws` and of the platform, and with peers that misbehave.
 *
 * @module
 */
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import {
  hintOf,
  limits,
  makeWebSocketNetlayer,
  type Netlayer,
  type PeerLocator,
  parsePeerUri,
  type SigningKey,
} from "../../ocapn/index.ts";
import { errorOf, Listener } from "../../ocapn/netlayers/fixture.conformance.ts";
import { testBadPeers, testDialOnly, testNetlayer } from "../../ocapn/netlayers/netlayer.conformance.ts";
import { answerChallenge, encodeChallenge, keyToDesignator } from "../../ocapn/netlayers/peer-auth.ts";
import { BINARY, CONTINUATION, dialRaw, encodeFrame, upgradeRequest } from "./raw-websocket.conformance.ts";
import { makeNodeWebSocketNetlayer, type NodeWebSocketInit, nodeWebSocketComponents } from "./websocket-server.ts";

const components = nodeWebSocketComponents();
const { ed25519 } = components;
const makeKey = (): SigningKey => ed25519.makeKey(components.random(32));
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A port that was free a moment ago. */
async function findNowhere(): Promise<PeerLocator> {
  const netlayer = await makeNodeWebSocketNetlayer();
  await netlayer.close();
  return netlayer.location;
}

async function makeNetwork() {
  return {
    makeNetlayer: () => makeNodeWebSocketNetlayer(),
    nowhere: await findNowhere(),
    proof: "dialler" as const,
  };
}

const closing: (() => unknown)[] = [];

async function openSocket(target: PeerLocator): Promise<WebSocket> {
  const socket = new WebSocket(hintOf(target, "url") ?? "");
  socket.on("error", () => {});
  await once(socket, "open");
  return socket;
}

/** Nothing said yet, not even a request. */
async function connectTo(target: PeerLocator): Promise<Socket> {
  const { hostname, port } = new URL(hintOf(target, "url") ?? "");
  const socket = connect({ host: hostname, port: Number(port) });
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket.resume();
}

/** Closed by the other side, or broken off. */
function gone(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

/** Sends that as the first frame. */
function sendFirst(frame: Uint8Array | string): (target: PeerLocator) => Promise<void> {
  return async (target) => {
    const socket = await openSocket(target);
    socket.send(frame);
    await once(socket, "close");
  };
}

/** Sends that after a good handshake. */
function sendSecond(frame: Uint8Array | string): (target: PeerLocator) => Promise<void> {
  return async (target) => {
    const socket = await openSocket(target);
    socket.send(encodeChallenge(components.random(32)));
    await once(socket, "message");
    socket.send(frame);
    await once(socket, "close");
  };
}

/** A server that answers the challenge like that. */
async function listenBadly(
  answer: (challenge: Uint8Array, socket: WebSocket) => Uint8Array | undefined,
): Promise<PeerLocator> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  closing.push(() => server.close());
  server.on("connection", (socket) => {
    socket.on("message", (data: Buffer) => {
      const reply = answer(new Uint8Array(data), socket);
      if (reply !== undefined) socket.send(reply);
    });
  });
  const { port } = server.address() as AddressInfo;
  const hints = { url: `ws://127.0.0.1:${port}` };
  return { transport: "websocket", designator: keyToDesignator(victim.publicKey), hints };
}

const victim = makeKey();

/** What no frame begins with. */
const NO_FRAME = Buffer.from([0xff, 0xff, 0xff, 0xff]);

const diallers = {
  "garbage in the handshake": sendFirst(ascii("hello")),
  "text in the handshake": sendFirst("<14'init:peer-auth2:xx>"),
  "another record to be signed": sendFirst(ascii("<11'my-location3:abc>")),
  "more after the challenge": sendFirst(ascii("<14'init:peer-auth2:xx>t")),
  "a challenge too long": sendFirst(encodeChallenge(new Uint8Array(limits.PEER_AUTH_BYTES_MAX))),
  "a frame of the handshake that has no end": async (target: PeerLocator) => {
    const socket = await dialRaw(hintOf(target, "url") ?? "");
    const frame = encodeFrame({ opcode: BINARY, payload: new Uint8Array(limits.FRAME_BYTES_MAX) });
    socket.write(frame.subarray(0, limits.PEER_AUTH_HELD_BYTES_MAX + 1));
    await once(socket, "close");
  },
  "a frame of too many fragments": async (target: PeerLocator) => {
    const socket = await dialRaw(hintOf(target, "url") ?? "");
    socket.write(encodeFrame({ opcode: BINARY, payload: encodeChallenge(components.random(32)) }));
    const fragment = (opcode: number) => encodeFrame({ opcode, payload: new Uint8Array(1), isLast: false });
    socket.write(fragment(BINARY));
    socket.write(Buffer.concat(Array.from({ length: limits.FRAGMENTS_MAX }, () => fragment(CONTINUATION))));
    await once(socket, "close");
  },
  "text after the handshake": sendSecond("hello"),
  "a frame too long": sendSecond(new Uint8Array(limits.FRAME_BYTES_MAX + 1)),
  "gone in the handshake": async (target: PeerLocator) => {
    const socket = await openSocket(target);
    socket.terminate();
    await once(socket, "close");
  },
  "no HTTP": async (target: PeerLocator) => {
    const socket = await connectTo(target);
    socket.write("5:hello\r\n\r\n");
    await once(socket, "close");
  },
};

const listeners = {
  "garbage as an answer": () => listenBadly(() => ascii("hello")),
  "an answer by another key": () => listenBadly((challenge) => answerChallenge(challenge, makeKey())),
  "an answer to another challenge": () =>
    listenBadly(() => answerChallenge(encodeChallenge(new Uint8Array(32)), victim)),
  "the challenge as its own answer": () => listenBadly((challenge) => challenge),
  "more after the answer": () =>
    listenBadly((challenge) => new Uint8Array([...answerChallenge(challenge, victim), 0x74])),
  "goodbye as an answer": () =>
    listenBadly((_challenge, socket) => {
      socket.close();
      return undefined;
    }),
  "no WebSocket": async () => {
    const server = createServer((_request, response) => response.end("hello"));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    closing.push(() => server.close());
    const hints = { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}` };
    return { transport: "websocket", designator: keyToDesignator(victim.publicKey), hints };
  },
};

afterEach(async () => {
  vi.useRealTimers();
  for (const close of closing.splice(0)) await close();
});

testNetlayer("websocket", makeNetwork);

testDialOnly("websocket, from where nobody can listen", async () => ({
  ...(await makeNetwork()),
  makeClient: async () => makeWebSocketNetlayer({ key: makeKey() }, components),
}));

testDialOnly("websocket, with the platform's own client", async () => ({
  ...(await makeNetwork()),
  makeClient: async () => makeWebSocketNetlayer({ key: makeKey() }, { ...components, WebSocket: globalThis.WebSocket }),
}));

testBadPeers("websocket", async () => ({ ...(await makeNetwork()), diallers, listeners }), {
  diallers: Object.keys(diallers),
  listeners: Object.keys(listeners),
});

describe("websocket", () => {
  const open = async (init: NodeWebSocketInit = {}): Promise<Netlayer> => {
    const netlayer = await makeNodeWebSocketNetlayer(init);
    closing.push(() => netlayer.close());
    return netlayer;
  };
  const useFakeTimers = (): void => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  };

  it("has its key as designator, in base32, and where it is", async () => {
    const key = makeKey();
    const { location } = await open({ key });
    expect(location.designator).toMatch(/^[a-z2-7]{52}$/);
    expect(location.designator).toBe(keyToDesignator(key.publicKey));
    expect(hintOf(location, "url")).toMatch(/^ws:\/\/127\.0\.0\.1:[0-9]+$/);
    const behind = await open({ url: "wss://example.org/ocapn" });
    expect(behind.location.hints).toEqual({ url: "wss://example.org/ocapn" });
    expect((await open()).location.designator).not.toBe(behind.location.designator);
  });

  const designator = keyToDesignator(victim.publicKey);
  it.each([
    [`ocapn://${designator}.websocket`, "no hint url"],
    [`ocapn://${designator}.websocket?url=http://127.0.0.1`, "expected a URL ws: or wss:"],
    [`ocapn://${designator}.websocket?url=ws://a%20b`, "nvalid URL"],
    [`ocapn://${designator.toUpperCase()}.websocket?url=ws://127.0.0.1`, "no key in base32"],
    [`ocapn://${designator}a.websocket?url=ws://127.0.0.1`, "no key in base32"],
    ["ocapn://aaaa.websocket?url=ws://127.0.0.1", "no key in base32"],
    ["ocapn://1.websocket?url=ws://127.0.0.1", "no key in base32"],
  ])("does not dial %s", async (uri, reason) => {
    const error = await errorOf((await open()).connect(parsePeerUri(uri), new Listener().attach));
    expect(error.code).toBe("unreachable");
    expect(error.message).toContain(reason);
  });

  it("dials only where it may", async () => {
    const [inside, outside] = [await open(), await open()];
    outside.listen(new Listener().attach);
    const asked: string[] = [];
    const mayDial = (url: string): boolean => {
      asked.push(url);
      return url === hintOf(outside.location, "url");
    };
    const careful = await open({ mayDial });
    await careful.connect(outside.location, new Listener().attach);
    const error = await errorOf(careful.connect(inside.location, new Listener().attach));
    expect(error.code).toBe("unreachable");
    expect(error.message).toContain("may not dial");
    expect(asked).toEqual([outside, inside].map(({ location }) => hintOf(location, "url")));
  });

  it("rejects when it cannot listen", async () => {
    const port = Number(new URL(hintOf((await open()).location, "url") ?? "").port);
    await expect(makeNodeWebSocketNetlayer({ port })).rejects.toThrow(/EADDRINUSE/);
  });

  it("answers what is no WebSocket by the status 426", async () => {
    const url = hintOf((await open()).location, "url") ?? "";
    const response = await fetch(url.replace("ws:", "http:"));
    expect(response.status).toBe(426);
    await response.body?.cancel();
  });

  it("hangs up on those that come before it listens", async () => {
    await once(await openSocket((await open()).location), "close");
  });

  it("hangs up on those that come before it listens, whatever they send", async () => {
    const { location } = await open();
    const socket = await connectTo(location);
    socket.write(upgradeRequest("127.0.0.1"));
    socket.write(NO_FRAME);
    await gone(socket);
  });

  it("takes as many connections as it may, and no more", async () => {
    const netlayer = await open({ connectionsMax: 2 });
    const [dialler, listener] = [new Listener(), new Listener()];
    netlayer.listen(listener.attach);
    const client = makeWebSocketNetlayer({ key: makeKey() }, components);
    for (let count = 0; count < 2; count += 1) await client.connect(netlayer.location, dialler.attach);
    expect((await errorOf(client.connect(netlayer.location, dialler.attach))).code).toBe("unreachable");
    dialler.ends[0]?.connection.close();
    await listener.ends[0]?.closed();
    await client.connect(netlayer.location, dialler.attach);
    expect(listener.ends[1]?.closes).toEqual([]);
    await client.close();
  });

  it("takes no more for those that are in their handshake, or on their way out: the oldest goes", async () => {
    const netlayer = await open({ connectionsMax: 2 });
    const [dialler, listener] = [new Listener(), new Listener()];
    netlayer.listen(listener.attach);
    const client = makeWebSocketNetlayer({ key: makeKey() }, components);
    const [first, second] = [await openSocket(netlayer.location), await openSocket(netlayer.location)];
    const isGone = once(first, "close");
    await client.connect(netlayer.location, dialler.attach);
    await isGone;
    expect(second.readyState).toBe(WebSocket.OPEN);
    second.send(encodeChallenge(components.random(32)));
    await once(second, "message");
    // It never says goodbye in its turn.
    second.pause();
    listener.ends[1]?.connection.close();
    await client.connect(netlayer.location, dialler.attach);
    expect(await listener.ends[1]?.closed()).toMatchObject({ code: "limit" });
    expect([listener.ends[0]?.closes, listener.ends[2]?.closes]).toEqual([[], []]);
    second.terminate();
    await client.close();
  });

  it("waits for so many requests at once; of more, the oldest connection goes", async () => {
    const { location } = await open();
    const sockets: Socket[] = [];
    for (let count = 0; count < limits.HANDSHAKES_MAX; count += 1) sockets.push(await connectTo(location));
    const url = hintOf(location, "url") ?? "";
    const isGone = gone(sockets[0] as Socket);
    expect((await fetch(url.replace("ws:", "http:"))).status).toBe(426);
    await isGone;
    expect(sockets.slice(1).filter(({ destroyed }) => destroyed)).toEqual([]);
    for (const socket of sockets) socket.destroy();
  });

  const strangers = {
    "says nothing": "",
    "sends half a request": "GET / HTTP/1.1\r\nHost: x\r\n",
    "sends half a body": "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1234",
    "has had an answer": "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "sends half a frame": `${upgradeRequest("x")}\x82\xff`,
    "sends no frame": `${upgradeRequest("x")}\xff\xff\xff\xff`,
  };

  it.each(Object.entries(strangers))("is closed while somebody is there who %s", async (_, bytes) => {
    const netlayer = await open();
    netlayer.listen(new Listener().attach);
    const socket = await connectTo(netlayer.location);
    socket.write(Buffer.from(bytes, "latin1"));
    if (bytes.includes("\r\n\r\n")) await once(socket, "data");
    const isGone = gone(socket);
    await netlayer.close();
    await isGone;
  });

  it.each(Object.entries(strangers))("leaves who %s, after a time", async (_, bytes) => {
    const netlayer = await open();
    netlayer.listen(new Listener().attach);
    useFakeTimers();
    const socket = await connectTo(netlayer.location);
    socket.write(Buffer.from(bytes, "latin1"));
    // By then the other one is there, with its timer.
    expect((await fetch((hintOf(netlayer.location, "url") ?? "").replace("ws:", "http:"))).status).toBe(426);
    const isGone = gone(socket);
    vi.advanceTimersByTime(limits.CONNECT_TIMEOUT_MS);
    await isGone;
  });

  it.each([
    ["ws", components.WebSocket],
    ["the platform", globalThis.WebSocket],
  ])("takes a frame as long as it may be, and no longer, with the client of %s", async (_, WebSocket) => {
    const sizes = [limits.FRAME_BYTES_MAX, limits.FRAME_BYTES_MAX + 1];
    const location = await listenBadly((challenge, socket) => {
      socket.send(answerChallenge(challenge, victim));
      return new Uint8Array(sizes.shift() ?? 0);
    });
    const netlayer = makeWebSocketNetlayer({ key: makeKey() }, { ...components, WebSocket });
    const dialler = new Listener();
    await netlayer.connect(location, dialler.attach);
    await netlayer.connect(location, dialler.attach);
    await dialler.ends[0]?.received(limits.FRAME_BYTES_MAX);
    expect(await dialler.ends[1]?.closed()).toBeInstanceOf(Error);
    expect(dialler.ends[1]?.byteCount).toBe(0);
    await netlayer.close();
    expect(dialler.ends[0]?.closes).toEqual([undefined]);
  });

  it("leaves a dialler that says nothing", async () => {
    const netlayer = await open();
    const listener = new Listener();
    netlayer.listen(listener.attach);
    useFakeTimers();
    const socket = await openSocket(netlayer.location);
    const closed = once(socket, "close");
    vi.advanceTimersByTime(limits.CONNECT_TIMEOUT_MS - 1);
    expect(socket.readyState).toBe(WebSocket.OPEN);
    vi.advanceTimersByTime(1);
    await closed;
    expect(listener.ends).toEqual([]);
  });

  it("leaves a listener that says nothing", async () => {
    const netlayer = await open();
    const asked = Promise.withResolvers<void>();
    const location = await listenBadly(() => {
      asked.resolve();
      return undefined;
    });
    useFakeTimers();
    const dialler = new Listener();
    const error = errorOf(netlayer.connect(location, dialler.attach));
    await asked.promise;
    vi.advanceTimersByTime(limits.CONNECT_TIMEOUT_MS);
    expect((await error).code).toBe("unreachable");
    expect((await error).message).toContain(`no handshake within ${limits.CONNECT_TIMEOUT_MS} ms`);
    expect(dialler.ends).toEqual([]);
  });

  it("leaves a peer that neither reads nor says goodbye", async () => {
    const netlayer = await open();
    const location = await listenBadly((challenge, socket) => {
      socket.pause();
      return answerChallenge(challenge, victim);
    });
    const dialler = new Listener();
    await netlayer.connect(location, dialler.attach);
    const [end] = dialler.ends;
    for (let count = 0; count < 4; count += 1) end?.connection.send([new Uint8Array(8 << 20)]);
    useFakeTimers();
    end?.connection.close();
    expect(end?.connection.bufferedBytes).toBeGreaterThan(0);
    vi.advanceTimersByTime(limits.CLOSE_TIMEOUT_MS - 1);
    expect(end?.closes).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(end?.closes).toHaveLength(1);
    expect(end?.connection.bufferedBytes).toBe(0);
  });
});
